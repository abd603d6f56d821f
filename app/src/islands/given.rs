//! What a page gives an island: one JSON text, in an attribute of the island's own element.
//!
//! `give` is the page's side of it and [`Given`] the island's. They stand in for props, which the
//! island macro reads with serde_json, in the browser too: its parser, its numbers and its error texts
//! were 19 KB (brotli) of WASM. The browser has a parser; see [`crate::browser::json`].

use leptos::prelude::*;
use leptos::tachys::html::attribute::any_attribute::AnyAttribute;
use leptos::tachys::hydration::Cursor;
use leptos::tachys::no_attrs;
use leptos::tachys::view::{Position, PositionState, Render, RenderHtml};
use serde::de::DeserializeOwned;

use super::parts::{Mounted, Part};

const ATTRIBUTE: &str = "data-given";

/// Puts an island into a page and gives it a value.
#[cfg(feature = "ssr")]
pub(crate) fn give<V>(value: &impl serde::Serialize, island: impl FnOnce() -> V) -> V {
    provide_context(OnItsWay(serde_json::to_string(value).unwrap_or_default()));
    island()
}

/// From the page to the island.
#[cfg(feature = "ssr")]
struct OnItsWay(String);

/// Reads the text and shows it; `None` when it does not read.
type View = Box<dyn FnOnce(&str) -> Option<Part> + Send>;

/// The view of an island: made from what the page gave it, on the edge as in the browser.
pub(crate) struct Given {
    /// Empty in the browser, where it is read from the element.
    text: String,
    view: View,
}

impl Given {
    /// Hands what was given to `view`.
    pub(crate) fn to<T: DeserializeOwned + 'static>(view: fn(T) -> Part) -> Self {
        Self {
            #[cfg(feature = "ssr")]
            text: take_context().map_or_else(String::new, |OnItsWay(text)| text),
            #[cfg(not(feature = "ssr"))]
            text: String::new(),
            view: Box::new(move |text| read(text).map(view)),
        }
    }

    fn part(self) -> Part {
        (self.view)(&self.text)
            .unwrap_or_else(|| Part::text("div", ""))
            .with(ATTRIBUTE, self.text)
    }
}

fn read<T: DeserializeOwned>(text: &str) -> Option<T> {
    if cfg!(feature = "hydrate") {
        crate::browser::json::read(text)
    } else {
        serde_json::from_str(text).ok()
    }
}

no_attrs!(Given);

impl Render for Given {
    type State = Mounted;

    fn build(self) -> Mounted {
        self.part().build()
    }

    fn rebuild(self, state: &mut Mounted) {
        let mut new = self.build();
        state.insert_before_this(&mut new);
        state.unmount();
        *state = new;
    }
}

impl RenderHtml for Given {
    type AsyncOutput = Self;
    type Owned = Self;

    const MIN_LENGTH: usize = 0;

    fn dry_resolve(&mut self) {}

    async fn resolve(self) -> Self {
        self
    }

    fn to_html_with_buf(
        self,
        page: &mut String,
        position: &mut Position,
        _escape: bool,
        _mark_branches: bool,
        _extra: Vec<AnyAttribute>,
    ) {
        self.part().html(page);
        *position = Position::NextChild;
    }

    fn hydrate<const FROM_SERVER: bool>(
        self,
        cursor: &Cursor,
        position: &PositionState,
    ) -> Mounted {
        match position.get() {
            Position::Current => {}
            Position::FirstChild => cursor.child(),
            _ => cursor.sibling(),
        }
        position.set(Position::NextChild);
        Mounted::adopt(cursor.current(), |element| {
            (self.view)(&element.get_attribute(ATTRIBUTE)?)
        })
    }

    fn into_owned(self) -> Self {
        self
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::islands::parts::p;

    fn island() -> Given {
        Given::to(|words: String| p(words))
    }

    #[test]
    fn the_element_carries_what_was_given() {
        let html = Owner::new().with(|| give(&"a \"b\"", island).to_html());
        assert_eq!(
            html,
            "<p data-given=\"&quot;a \\&quot;b\\&quot;&quot;\">a &quot;b&quot;</p>"
        );
    }

    #[test]
    fn every_island_gets_its_own() {
        let html = Owner::new().with(|| {
            let islands = ["a", "b"].map(|words| give(&words, island));
            islands.map(RenderHtml::to_html).concat()
        });
        assert_eq!(
            html,
            "<p data-given=\"&quot;a&quot;\">a</p><p data-given=\"&quot;b&quot;\">b</p>"
        );
    }

    #[test]
    fn what_does_not_read_shows_nothing() {
        let html = Owner::new().with(|| give(&1, island).to_html());
        assert_eq!(html, "<div data-given=\"1\"></div>");
    }
}
