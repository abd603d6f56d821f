//! A moment: in UTC as the edge renders it, in the reader's time zone once the browser is awake.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::given::Given;
use super::parts::{Part, Value, whenever};
use crate::browser::page;
use crate::text::{Lang, format};

/// A moment in Unix milliseconds, and who reads it.
#[derive(Serialize, Deserialize)]
pub(crate) struct Moment {
    pub(crate) ms: u64,
    pub(crate) lang: Lang,
}

impl Moment {
    /// In words: in the reader's time zone as soon as the browser is awake.
    pub(crate) fn words(&self, awake: bool) -> String {
        if awake {
            page::local_time(self.ms, self.lang.code(), true)
        } else {
            format::utc(self.lang, self.ms)
        }
    }
}

/// `<time>`. Given a [`Moment`].
#[island]
pub(crate) fn When() -> impl IntoView {
    Given::to(view)
}

fn view(moment: Moment) -> Part {
    let awake = RwSignal::new(false);
    whenever(move || awake.set(true));
    let iso = format::iso(moment.ms);
    Part::text("time", Value::words(move || moment.words(awake.get()))).with("datetime", iso)
}
