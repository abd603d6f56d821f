//! A picture of the product. Drawn, so that it is sharp at every size and follows light and dark.

use leptos::prelude::*;

/// A pair of headphones; decoration, so it says nothing to those who listen.
#[component]
pub(crate) fn ProductPicture() -> impl IntoView {
    view! {
        <svg class="product" viewBox="0 0 400 340" aria-hidden="true" focusable="false">
            <defs>
                <linearGradient id="shell" x1="0" y1="0" x2="0.4" y2="1">
                    <stop offset="0" class="shell-light" />
                    <stop offset="1" class="shell-dark" />
                </linearGradient>
                <linearGradient id="band" x1="0" y1="0" x2="1" y2="0">
                    <stop offset="0" class="shell-dark" />
                    <stop offset="0.35" class="shell-light" />
                    <stop offset="1" class="shell-dark" />
                </linearGradient>
                <radialGradient id="glow" cx="0.5" cy="0.5" r="0.5">
                    <stop offset="0" class="glow-core" />
                    <stop offset="1" class="glow-edge" />
                </radialGradient>
            </defs>
            <circle cx="200" cy="172" r="165" fill="url(#glow)" />
            <g class="rings" fill="none">
                <circle cx="200" cy="172" r="88" />
                <circle cx="200" cy="172" r="118" />
                <circle cx="200" cy="172" r="148" />
            </g>
            <ellipse class="shadow" cx="200" cy="322" rx="126" ry="10" />
            // The band, and the soft pad beneath it.
            <path d="M82 214C70 108 122 40 200 40s130 68 118 174" fill="none" stroke="url(#band)" stroke-width="17" stroke-linecap="round" />
            <path class="pad" d="M118 100C136 72 164 58 200 58s64 14 82 42" fill="none" stroke-width="12" stroke-linecap="round" />
            // The arms.
            <path class="metal" d="M83 168v44M317 168v44" fill="none" stroke-width="9" stroke-linecap="round" />
            // The cups: cushion towards the head, shell outside.
            <g>
                <rect class="pad" x="104" y="186" width="40" height="116" rx="20" />
                <rect x="56" y="178" width="62" height="132" rx="31" fill="url(#shell)" />
                <rect class="accent" x="66" y="204" width="5" height="80" rx="2.5" />
                <circle class="metal-dot" cx="89" cy="244" r="15" />
                <circle class="accent-dot" cx="89" cy="244" r="4" />
            </g>
            <g>
                <rect class="pad" x="256" y="186" width="40" height="116" rx="20" />
                <rect x="282" y="178" width="62" height="132" rx="31" fill="url(#shell)" />
                <rect class="accent" x="329" y="204" width="5" height="80" rx="2.5" />
                <circle class="metal-dot" cx="311" cy="244" r="15" />
                <circle class="accent-dot" cx="311" cy="244" r="4" />
            </g>
        </svg>
    }
}
