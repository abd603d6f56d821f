//! The document around every page.

use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::*;
use leptos_meta::{HashedStylesheet, MetaTags};

use crate::app::App;
use crate::context::Visit;
use crate::headers;
use crate::text::{TEXTS, carry};
use crate::wake::wake_up;

/// One whole document. The operator's console is never hydrated.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let visit = Visit::now();
    let scripts = !visit.path().starts_with("/operator");
    let watches = visit.path().starts_with("/sales/");
    headers::set(&visit, &options, scripts);
    let wakes = scripts.then(|| wake_up(&options));
    view! {
        <!DOCTYPE html>
        <html lang=visit.lang.code()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <meta name="theme-color" content="#f6f4ef" media="(prefers-color-scheme: light)" />
                <meta name="theme-color" content="#12141a" media="(prefers-color-scheme: dark)" />
                <link rel="icon" href="/favicon.svg" type="image/svg+xml" />
                <HashedStylesheet options=options.clone() id="style" />
                <AutoReload options=options />
                // Before the bundle, which looks for what they define.
                {watches.then(|| view! { <script type="module" nonce=use_nonce() src="/key.js"></script> })}
                {watches.then(|| view! { <script type="module" nonce=use_nonce() src="/feed.js"></script> })}
                {watches.then(|| view! { <script type="module" nonce=use_nonce() src="/solver.js"></script> })}
                {wakes}
                <MetaTags />
            </head>
            <body>
                <App />
                // What the islands say. No script: nothing runs it.
                {scripts.then(|| view! { <script type="text/plain" id=TEXTS inner_html=carry(visit.lang)></script> })}
            </body>
        </html>
    }
}
