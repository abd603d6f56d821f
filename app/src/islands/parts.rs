//! What all islands are made of: one view type, [`Part`], an element with live texts and attributes.
//!
//! It renders on the edge, is adopted in the browser, and its live values are effects on signals;
//! [`super::given`] plugs it into Leptos. The `view!` macro would make a type of its own for every element,
//! each with its own code to build, adopt and rebuild it: written that way, the journey alone was 220 KB
//! (brotli) of WASM. With one type for all it is a list of data.

use std::borrow::Cow;
use std::mem;

use leptos::prelude::*;
use leptos::tachys::renderer::types;
use leptos::tachys::view::Mountable;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::Element;

use crate::browser::page;

/// A value that follows signals. `None` removes an attribute and empties a text.
pub(crate) type Live = Box<dyn Fn() -> Option<String> + Send + Sync>;
/// What a press does.
type Act = Box<dyn Fn() + Send + Sync>;
/// Children that follow signals.
type Choice = Box<dyn Fn() -> Vec<Part> + Send + Sync>;

/// The value of an attribute or a text.
pub(crate) enum Value {
    /// Stays.
    Fixed(Cow<'static, str>),
    /// Follows.
    Live(Live),
}

impl Value {
    /// Follows a text; an empty one removes an attribute.
    pub(crate) fn words(words: impl Fn() -> String + Send + Sync + 'static) -> Self {
        Self::Live(Box::new(move || {
            Some(words()).filter(|words| !words.is_empty())
        }))
    }

    fn now(&self) -> Option<Cow<'static, str>> {
        match self {
            Self::Fixed(value) => Some(value.clone()),
            Self::Live(value) => value().map(Cow::Owned),
        }
    }
}

impl From<&'static str> for Value {
    fn from(words: &'static str) -> Self {
        Self::Fixed(Cow::Borrowed(words))
    }
}

impl From<String> for Value {
    fn from(words: String) -> Self {
        Self::Fixed(Cow::Owned(words))
    }
}

enum Body {
    Text(Value),
    Parts(Vec<Part>),
    Choice(Choice),
}

/// An element.
pub(crate) struct Part {
    tag: &'static str,
    attributes: Vec<(&'static str, Value)>,
    body: Body,
    act: Option<(&'static str, Act)>,
}

impl Part {
    fn new(tag: &'static str, body: Body) -> Self {
        Self {
            tag,
            attributes: Vec::new(),
            body,
            act: None,
        }
    }

    /// An element with a text.
    pub(crate) fn text(tag: &'static str, words: impl Into<Value>) -> Self {
        Self::new(tag, Body::Text(words.into()))
    }

    /// An element with elements.
    pub(crate) fn parts(tag: &'static str, parts: Vec<Self>) -> Self {
        Self::new(tag, Body::Parts(parts))
    }

    /// An element whose children are made anew whenever a signal read by `choice` changes.
    pub(crate) fn choice(
        tag: &'static str,
        choice: impl Fn() -> Vec<Self> + Send + Sync + 'static,
    ) -> Self {
        Self::new(tag, Body::Choice(Box::new(choice)))
    }

    /// With an attribute.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Value>) -> Self {
        self.attributes.push((name, value.into()));
        self
    }

    /// With a class.
    pub(crate) fn class(self, class: &'static str) -> Self {
        self.with("class", class)
    }

    /// With `act` done when `event` happens.
    pub(crate) fn on(
        mut self,
        event: &'static str,
        act: impl Fn() + Send + Sync + 'static,
    ) -> Self {
        self.act = Some((event, Box::new(act)));
        self
    }

    /// Writes it.
    pub(crate) fn html(self, page: &mut String) {
        page.push('<');
        page.push_str(self.tag);
        for (name, value) in &self.attributes {
            if let Some(value) = value.now() {
                page.extend([" ", name, "=\""]);
                escape(&value, page);
                page.push('"');
            }
        }
        page.push('>');
        match self.body {
            _ if self.tag == "input" => return,
            Body::Text(text) => escape(&text.now().unwrap_or_default(), page),
            Body::Parts(parts) => parts.into_iter().for_each(|part| part.html(page)),
            Body::Choice(choice) => choice().into_iter().for_each(|part| part.html(page)),
        }
        page.extend(["</", self.tag, ">"]);
    }

    /// Makes it, out of the page.
    pub(crate) fn build(self) -> Mounted {
        Mounted(self.create())
    }

    fn create(self) -> Option<Element> {
        let element = page::document()?.create_element(self.tag).ok()?;
        self.bind(&element, false);
        Some(element)
    }

    /// Comes alive on an element: a new one, or the edge's.
    fn bind(self, element: &Element, rendered: bool) {
        for (name, value) in self.attributes {
            match value {
                Value::Fixed(value) if !rendered => drop(element.set_attribute(name, &value)),
                Value::Fixed(_) => {}
                Value::Live(value) => follow(element.clone(), Some(name), value),
            }
        }
        match self.body {
            Body::Text(Value::Fixed(words)) if !rendered => element.set_text_content(Some(&words)),
            Body::Text(Value::Fixed(_)) => {}
            Body::Text(Value::Live(words)) => follow(element.clone(), None, words),
            Body::Parts(parts) => fill(element, parts, rendered),
            Body::Choice(choice) => {
                let element = element.clone();
                let mut rendered = rendered;
                whenever(move || fill(&element, choice(), mem::take(&mut rendered)));
            }
        }
        if let Some((event, act)) = self.act {
            let act = Closure::<dyn FnMut()>::new(act).into_js_value();
            let _ = element.add_event_listener_with_callback(event, act.unchecked_ref());
        }
    }
}

/// Children: adopted where the edge has rendered them, otherwise made.
fn fill(element: &Element, parts: Vec<Part>, rendered: bool) {
    if rendered {
        let mut child = element.first_element_child();
        for part in parts {
            let Some(adopted) = child else { return };
            part.bind(&adopted, true);
            child = adopted.next_element_sibling();
        }
    } else {
        element.set_text_content(None);
        for child in parts.into_iter().filter_map(Part::create) {
            let _ = element.append_child(&child);
        }
    }
}

/// Keeps an attribute, or the text where there is no name, in step with its value.
fn follow(element: Element, name: Option<&'static str>, value: Live) {
    let mut shown = None;
    whenever(move || {
        let before = shown.take().unwrap_or_else(|| match name {
            Some(name) => element.get_attribute(name),
            None => element.text_content(),
        });
        let now = value();
        if now != before {
            match (name, &now) {
                (None, words) => element.set_text_content(words.as_deref()),
                (Some(name), Some(value)) => drop(element.set_attribute(name, value)),
                (Some(name), None) => drop(element.remove_attribute(name)),
            }
        }
        shown = Some(now);
    });
}

/// Does `act` once the page is there, and again whenever a signal that it reads changes.
pub(crate) fn whenever(act: impl FnMut() + 'static) {
    // Boxed: Leptos' effect is a task for each type of function, and the shopper loads every one.
    let act: Box<dyn FnMut()> = Box::new(act);
    Effect::new(act);
}

fn escape(text: &str, page: &mut String) {
    for c in text.chars() {
        match c {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            c => page.push(c),
        }
    }
}

/// A part in the page.
pub(crate) struct Mounted(Option<Element>);

impl Mounted {
    /// Adopts an element of the edge for the part that `part` makes of it.
    pub(crate) fn adopt(node: types::Node, part: impl FnOnce(&Element) -> Option<Part>) -> Self {
        let element = node.dyn_into::<Element>().ok();
        if let Some(element) = &element
            && let Some(part) = part(element)
        {
            part.bind(element, true);
        }
        Self(element)
    }
}

impl Mountable for Mounted {
    fn unmount(&mut self) {
        if let Some(element) = &self.0 {
            element.remove();
        }
    }

    fn mount(&mut self, parent: &types::Element, marker: Option<&types::Node>) {
        if let Some(element) = &self.0 {
            let _ = parent.insert_before(element, marker);
        }
    }

    fn insert_before_this(&self, child: &mut dyn Mountable) -> bool {
        let parent = self.0.as_ref().and_then(|element| element.parent_element());
        let Some(parent) = parent else { return false };
        child.mount(&parent, self.0.as_deref());
        true
    }

    fn elements(&self) -> Vec<types::Element> {
        self.0.iter().cloned().collect()
    }
}

/// A paragraph.
pub(crate) fn p(words: impl Into<Value>) -> Part {
    Part::text("p", words)
}

/// A quiet paragraph.
pub(crate) fn note(words: impl Into<Value>) -> Part {
    p(words).class("note")
}

/// A paragraph that begins with what matters.
pub(crate) fn stressed(strong: impl Into<Value>, words: impl Into<Value>) -> Part {
    Part::parts(
        "p",
        vec![Part::text("strong", strong), Part::text("span", words)],
    )
}

/// The heading of a panel. It takes the focus when a press of the shopper led here.
pub(crate) fn heading(id: &'static str, words: impl Into<Value>) -> Part {
    Part::text("h2", words)
        .with("id", id)
        .with("tabindex", "-1")
}

/// A name, its value, and a word about it.
pub(crate) fn fact(name: &'static str, value: impl Into<Value>, why: impl Into<Value>) -> Part {
    let value = vec![Part::text("span", value), Part::text("small", why)];
    Part::parts(
        "div",
        vec![Part::text("dt", name), Part::parts("dd", value)],
    )
    .class("fact")
}

/// A name and a value that would break in the middle of a word: it has a line of its own.
pub(crate) fn long_fact(name: &'static str, value: impl Into<Value>) -> Part {
    Part::parts("div", vec![Part::text("dt", name), Part::text("dd", value)])
        .class("fact fact-long")
}

/// A list of [`fact`]s.
pub(crate) fn facts(facts: Vec<Part>) -> Part {
    Part::parts("dl", facts).class("facts")
}

/// Something to press.
pub(crate) fn button(
    id: &'static str,
    class: &'static str,
    label: impl Into<Value>,
    act: impl Fn() + Send + Sync + 'static,
) -> Part {
    Part::text("button", label)
        .with("type", "button")
        .with("id", id)
        .class(class)
        .on("click", act)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn html(part: Part) -> String {
        let mut page = String::new();
        part.html(&mut page);
        page
    }

    #[test]
    fn texts_and_attributes_are_escaped() {
        let part = Part::parts("p", vec![Part::text("b", "<i> & \"you\"".to_owned())])
            .with("title", "\"><script>");
        assert_eq!(
            html(part),
            "<p title=\"&quot;&gt;&lt;script&gt;\"><b>&lt;i&gt; &amp; &quot;you&quot;</b></p>"
        );
    }

    #[test]
    fn an_empty_value_is_no_attribute() {
        let part = p("a")
            .with("hidden", Value::Live(Box::new(|| None)))
            .with("class", Value::words(String::new));
        assert_eq!(html(part), "<p>a</p>");
    }

    #[test]
    fn an_input_has_no_end() {
        assert_eq!(
            html(Part::text("input", "").with("id", "a")),
            "<input id=\"a\">"
        );
    }
}
