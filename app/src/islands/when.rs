//! A moment: in UTC as the edge renders it, in the reader's time zone once the browser is awake.

use leptos::prelude::*;

use super::parts;
use crate::browser::page;
use crate::text::{Lang, format};

/// `<time>` for a moment in Unix milliseconds.
#[island]
pub(crate) fn When(ms: u64, lang: Lang) -> impl IntoView {
    moment(ms, lang)
}

/// The same, inside another island.
pub(crate) fn moment(ms: u64, lang: Lang) -> AnyView {
    let shown = RwSignal::new(format::utc(lang, ms));
    Effect::new(move || shown.set(page::local_time(ms, lang.code(), true)));
    parts::time(format::iso(ms), shown.into())
}
