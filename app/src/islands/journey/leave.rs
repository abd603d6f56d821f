//! Leaving the line, in two steps so that no slip of the finger costs a place.

use leptos::task::spawn_local;
use protocol::ProblemKind;

use super::state::State;
use super::step::Busy;
use super::way::Way;
use crate::browser::http::Call;
use crate::browser::page;
use crate::islands::parts::{Part, button, p};

/// The button, and the question it asks.
pub(crate) fn view(way: Way) -> Part {
    let text = way.text();
    let ask = button("leave", "button button-quiet", text.leave, move || {
        way.ask_whether_to_leave(true);
    })
    .with("hidden", way.flag(|state| state.leaving));
    let choice = vec![
        button("leave-no", "button", text.leave_no, move || {
            way.ask_whether_to_leave(false);
        }),
        button(
            "leave-yes",
            "button button-danger",
            text.leave_yes,
            move || way.leave(),
        ),
    ];
    let question = vec![
        p(text.leave_question).with("id", "leave-question"),
        Part::parts("div", choice).class("row"),
    ];
    let question = Part::parts("div", question)
        .class("leave-question")
        .with("role", "group")
        .with("aria-labelledby", "leave-question")
        .with("hidden", way.flag(|state| !state.leaving));
    Part::parts("div", vec![ask, question]).class("leave").with(
        "hidden",
        way.flag(|state| !state.step().in_line() || state.busy != Busy::No),
    )
}

impl Way {
    fn ask_whether_to_leave(self, asks: bool) {
        self.change(|state| state.leaving = asks);
        page::focus_soon(if asks { "leave-no" } else { "leave" });
    }

    fn leave(self) {
        self.change(|state| {
            state.problem = None;
            state.leaving = false;
        });
        self.follow_focus();
        spawn_local(async move {
            let answer = self
                .patiently(self.proven(Call::delete(&self.route("/tickets/me"))))
                .await;
            match answer {
                Err(failure) if !failure.is(ProblemKind::TicketLeft) => self.fail(&failure),
                _ => {
                    self.change(State::mark_left);
                    self.tell_tabs();
                }
            }
        });
    }
}
