//! What is around every page: the way to the content, the name of the shop, the foot.

use leptos::prelude::*;

use crate::text::Lang;

/// Header, page, footer.
#[component]
pub(crate) fn Frame(lang: Lang, children: Children) -> impl IntoView {
    let text = lang.page();
    view! {
        <a class="skip" href="#content">{text.skip}</a>
        <header class="site-head">
            <a class="brand" href="/">
                <Mark />
                <span>"Sluice"</span>
            </a>
            <p class="tagline">{text.tagline}</p>
        </header>
        <main id="content">{children()}</main>
        <footer class="site-foot">
            <p>{text.footer}</p>
        </footer>
    }
}

/// The sign of the shop: a gate with water behind it.
#[component]
fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
            <rect class="mark-field" width="32" height="32" rx="9" />
            <path class="mark-line" d="M8 7v18M24 7v18" />
            <path class="mark-wave" d="M8 14c2.7-2.6 5.3-2.6 8 0s5.3 2.6 8 0M8 20c2.7-2.6 5.3-2.6 8 0s5.3 2.6 8 0" />
        </svg>
    }
}
