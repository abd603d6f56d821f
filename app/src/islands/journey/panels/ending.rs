//! Nothing left to do here.

use super::super::step::Step;
use super::super::way::Way;
use super::{how_drawn, join, title};
use crate::islands::parts::{Part, p};
use crate::text::format;

pub(super) fn ended(way: Way) -> Vec<Part> {
    let words = way.words(|state| match state.step() {
        Step::SoldOut => {
            let units = format::count(state.lang, state.info.units.into());
            format::fill(state.text().sold_out_text, &[&units])
        }
        _ => state.text().over_text.to_owned(),
    });
    let did_not_wait = way.flag(|state| {
        let waited = state.standing.as_ref().is_some_and(|mine| !mine.left);
        state.step() != Step::SoldOut || !waited
    });
    vec![
        title(way),
        p(words),
        p(way.text().sold_out_sorry).with("hidden", did_not_wait),
        how_drawn(way),
    ]
}

pub(super) fn left(way: Way) -> Vec<Part> {
    let text = way.text();
    vec![
        title(way),
        p(text.left_text),
        join(way, "button", text.join_again),
    ]
}
