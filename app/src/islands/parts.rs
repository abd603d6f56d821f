//! The few shapes that all panels are made of.
//!
//! Every shape exists once, whatever fills it: texts and flags come as signals of one type, children
//! as [`AnyView`]. A view that spells out its own closures costs the shopper 2–5 KB each time, and the
//! journey written that way weighed 220 KB; this vocabulary is how it stays within its budget.

use leptos::prelude::*;

/// A text that may change.
pub(crate) type Words = Signal<String>;

/// A condition that may change.
pub(crate) type Flag = Signal<bool>;

/// Never.
pub(crate) fn never() -> Flag {
    Signal::stored(false)
}

/// A text that stays.
pub(crate) fn fixed(words: &str) -> Words {
    Signal::stored(words.to_owned())
}

/// The heading of a panel. It takes the focus when a press of the shopper led here.
pub(crate) fn heading(id: &'static str, words: Words) -> AnyView {
    view! { <h2 id=id tabindex="-1">{words}</h2> }.into_any()
}

/// A paragraph. With the role `status` or `alert` its changes are read out.
pub(crate) fn paragraph(
    class: &'static str,
    role: Option<&'static str>,
    words: Words,
    hidden: Flag,
) -> AnyView {
    view! { <p class=class role=role hidden=hidden>{words}</p> }.into_any()
}

/// A plain paragraph that stays.
pub(crate) fn said(words: &str) -> AnyView {
    paragraph("", None, fixed(words), never())
}

/// A quiet paragraph that stays.
pub(crate) fn noted(words: &str) -> AnyView {
    paragraph("note", None, fixed(words), never())
}

/// A paragraph that begins with what matters.
pub(crate) fn stressed(class: &'static str, strong: Words, words: Words, hidden: Flag) -> AnyView {
    view! { <p class=class hidden=hidden><strong>{strong}</strong> " " <span>{words}</span></p> }
        .into_any()
}

/// A block around other parts.
pub(crate) fn block(
    class: &'static str,
    role: Option<&'static str>,
    hidden: Flag,
    parts: Vec<AnyView>,
) -> AnyView {
    view! { <div class=class role=role hidden=hidden>{parts}</div> }.into_any()
}

/// A list of [`fact`]s.
pub(crate) fn facts(facts: Vec<AnyView>) -> AnyView {
    view! { <dl class="facts">{facts}</dl> }.into_any()
}

/// A name, its value, and a word about it.
pub(crate) fn fact(name: &'static str, value: Words, why: Words) -> AnyView {
    view! {
        <div class="fact">
            <dt>{name}</dt>
            <dd>{value}<small>{why}</small></dd>
        </div>
    }
    .into_any()
}

/// A bar that fills.
pub(crate) fn bar(label: &'static str, value: Words, max: Words) -> AnyView {
    view! { <progress aria-label=label max=max value=value></progress> }.into_any()
}

/// Something to press.
pub(crate) struct Button {
    pub(crate) id: &'static str,
    pub(crate) class: &'static str,
    pub(crate) label: Words,
    pub(crate) hidden: Flag,
    pub(crate) disabled: Flag,
}

impl Button {
    /// A button that is always there.
    pub(crate) fn new(id: &'static str, class: &'static str, label: &str) -> Self {
        Self {
            id,
            class,
            label: fixed(label),
            hidden: never(),
            disabled: never(),
        }
    }

    /// Its view; `act` is what a press does.
    pub(crate) fn view(self, act: impl Fn() + 'static) -> AnyView {
        let act: Box<dyn Fn()> = Box::new(act);
        view! {
            <button
                type="button"
                id=self.id
                class=self.class
                hidden=self.hidden
                disabled=self.disabled
                on:click=move |_| act()
            >
                {self.label}
            </button>
        }
        .into_any()
    }
}

/// A moment: `iso` for machines, `words` for people.
pub(crate) fn time(iso: String, words: Words) -> AnyView {
    view! { <time datetime=iso>{words}</time> }.into_any()
}
