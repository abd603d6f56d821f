//! The end of 3-D Secure: the shopper approved or refused on the provider's page.

use std::sync::Arc;

use super::{Desk, Draft, confirm};
use crate::{
    api::refusal::Refusal,
    model::Status,
    outcome::{Change, Outcome, Reply, Verdict},
    webhooks::Topic,
};

/// Ends a challenge. Pressing a button twice, or after the shop cancelled, changes nothing.
pub(crate) fn finish(desk: &Desk<'_>, id: &str, approved: bool) -> Verdict {
    let intent = desk.intent(id)?;
    let method = intent
        .method
        .as_deref()
        .and_then(|id| desk.memory.method(id));
    let (Status::RequiresAction, Some(method)) = (intent.status, method) else {
        return Ok(Outcome {
            change: Change::default(),
            events: Vec::new(),
            reply: Reply::Intent {
                id: id.to_owned(),
                expand: false,
            },
        });
    };
    let mut draft = Draft::of(Arc::unwrap_or_clone(intent));
    if approved {
        // A card without the money says so on the intent; the page shows the intent's state.
        let _ = confirm::approve_hold(desk, &mut draft, method);
    } else {
        draft.intent.last_error = Some(Refusal::not_authenticated(&draft.intent));
        draft.intent.status = Status::RequiresPaymentMethod;
        draft.intent.method = None;
        draft.intent.challenge_url = None;
        draft.announce(Topic::IntentPaymentFailed);
    }
    Ok(draft.done(None, false))
}
