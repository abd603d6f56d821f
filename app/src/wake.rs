//! The script that wakes the islands up, and where the browser's bundle is.
//!
//! Leptos has one of its own, which waits until the browser is idle. With twenty tabs on a slow machine that is
//! never: the bundle lies there unused, and whoever presses a button presses in vain.

use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::*;

const SCRIPT: &str = include_str!("wake.js");

/// Preloads the bundle and wakes every island of the page; islands do not stand inside each other.
pub(crate) fn wake_up(options: &LeptosOptions) -> impl IntoView + use<> {
    if let Some(shared) = Owner::current_shared_context() {
        // Outside of islands nothing is to be woken, so nothing is written down for it.
        shared.set_is_hydrating(false);
    }
    let (glue, module) = addresses(options);
    let script = format!("({})({glue:?}, {module:?})", SCRIPT.trim_end());
    view! {
        <link rel="modulepreload" href=glue crossorigin="anonymous" />
        <link rel="preload" href=module r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
        <script type="module" nonce=use_nonce()>
            {script}
        </script>
    }
}

/// Where the glue and the module are; `hash.txt` beside the server tells the hashes in their names.
fn addresses(options: &LeptosOptions) -> (String, String) {
    let hashes = std::env::current_exe()
        .ok()
        .filter(|_| options.hash_files)
        .and_then(|exe| std::fs::read_to_string(exe.with_file_name(&*options.hash_file)).ok())
        .unwrap_or_default();
    let address = |kind: &str| {
        let hash = hashes
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(of, _)| of.trim() == kind)
            .map(|(_, hash)| format!(".{}", hash.trim()))
            .unwrap_or_default();
        format!(
            "/{}/{}{hash}.{kind}",
            options.site_pkg_dir, options.output_name
        )
    };
    (address("js"), address("wasm"))
}
