//! Leaving the line, in two steps so that no slip of the finger costs a place.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::ProblemKind;

use super::state::Way;
use super::step::Busy;
use crate::browser::http::Call;
use crate::browser::page;

/// The button, and the question it asks.
pub(crate) fn view(way: Way) -> AnyView {
    let text = way.text();
    let asked = RwSignal::new(false);
    let ask = move |_| {
        asked.set(true);
        spawn_local(async {
            page::sleep(0.0).await;
            page::focus("leave-no");
        });
    };
    let stay = move |_| {
        asked.set(false);
        spawn_local(async {
            page::sleep(0.0).await;
            page::focus("leave");
        });
    };
    let leave = move |_| {
        asked.set(false);
        way.leave();
    };
    let shown = move || way.step.get().in_line() && way.busy.get() == Busy::No;
    view! {
        <div class="leave" hidden=move || !shown()>
            <button id="leave" type="button" class="button button-quiet" hidden=asked on:click=ask>
                {text.leave}
            </button>
            <div class="leave-question" role="group" aria-labelledby="leave-question" hidden=move || !asked.get()>
                <p id="leave-question">{text.leave_question}</p>
                <div class="row">
                    <button id="leave-no" type="button" class="button" on:click=stay>{text.leave_no}</button>
                    <button type="button" class="button button-danger" on:click=leave>{text.leave_yes}</button>
                </div>
            </div>
        </div>
    }
    .into_any()
}

impl Way {
    fn leave(self) {
        self.problem.set(None);
        self.follow_focus.set_value(true);
        spawn_local(async move {
            let route = self.route("/tickets/me");
            let answer = self.patiently(async || Call::delete(&route).send().await).await;
            match answer {
                Ok(_) => self.mark_left(),
                Err(failure) if failure.is(ProblemKind::TicketLeft) => self.mark_left(),
                Err(failure) => return self.fail(&failure),
            }
            self.tell_tabs();
        });
    }
}
