//! Leaving the line, in two steps so that no slip of the finger costs a place.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::ProblemKind;

use super::step::Busy;
use super::way::Way;
use crate::browser::http::Call;
use crate::browser::page;
use crate::islands::parts::{Button, block, fixed, never, paragraph};

/// The button, and the question it asks.
pub(crate) fn view(way: Way) -> AnyView {
    let text = way.text();
    let ask = Button {
        hidden: way.flag(|state| state.leaving),
        ..Button::new("leave", "button button-quiet", text.leave)
    };
    let stay = Button::new("leave-no", "button", text.leave_no);
    let leave = Button::new("leave-yes", "button button-danger", text.leave_yes);
    let choice = vec![
        stay.view(move || way.ask_whether_to_leave(false)),
        leave.view(move || way.leave()),
    ];
    let question = vec![
        paragraph("", None, fixed(text.leave_question), never()),
        block("row", None, never(), choice),
    ];
    block(
        "leave",
        None,
        way.flag(|state| !state.step().in_line() || state.busy != Busy::No),
        vec![
            ask.view(move || way.ask_whether_to_leave(true)),
            block(
                "leave-question",
                Some("group"),
                way.flag(|state| !state.leaving),
                question,
            ),
        ],
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
                .patiently(Call::delete(&self.route("/tickets/me")))
                .await;
            match answer {
                Err(failure) if !failure.is(ProblemKind::TicketLeft) => self.fail(&failure),
                _ => {
                    self.change(|state| state.mark_left());
                    self.tell_tabs();
                }
            }
        });
    }
}
