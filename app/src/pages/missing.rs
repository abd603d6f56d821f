//! Nothing lives at this address.

use leptos::prelude::*;

use super::notice;
use crate::context::Visit;

/// The 404 page.
#[component]
pub(crate) fn Missing() -> impl IntoView {
    missing(&Visit::now())
}

/// The same, for a page whose subject does not exist.
pub(crate) fn missing(visit: &Visit) -> AnyView {
    let text = visit.lang.page();
    notice(
        visit,
        http::StatusCode::NOT_FOUND,
        text.missing_title,
        text.missing_text,
    )
}
