//! The headers of a page: what its scripts and frames may do, and who may keep it.

use http::header;
use leptos::nonce::use_nonce;
use leptos::prelude::LeptosOptions;

use crate::captcha::CaptchaHosts;
use crate::context::Visit;

/// Sets them. `scripts` is false for pages that neither wake up nor frame the provider.
pub(crate) fn set(visit: &Visit, options: &LeptosOptions, scripts: bool) {
    let watching = std::env::var("LEPTOS_WATCH").is_ok();
    let reload = watching.then_some(options.reload_port);
    let nonce = use_nonce();
    let policy = content_security_policy(
        nonce.as_deref().unwrap_or_default(),
        scripts || watching,
        &visit.config.card_element.origin,
        visit.config.captcha,
        reload,
    );
    visit.set_header(header::CONTENT_SECURITY_POLICY, &policy);
    visit.set_header(header::CACHE_CONTROL, "private, no-cache");
    visit.set_header(header::VARY, "accept-language, cookie");
    visit.set_header(header::CONTENT_LANGUAGE, visit.lang.code());
    visit.set_header(header::REFERRER_POLICY, "same-origin");
    visit.set_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
}

fn content_security_policy(
    nonce: &str,
    scripts: bool,
    frames: &str,
    captcha: CaptchaHosts,
    reload_port: Option<u32>,
) -> String {
    // Leptos ends every document with small inline scripts about what it streamed; they carry the nonce.
    let loads = if scripts {
        " 'strict-dynamic' 'wasm-unsafe-eval'"
    } else {
        ""
    };
    let captcha = if scripts {
        captcha
    } else {
        CaptchaHosts::default()
    };
    let frames = match (scripts, [frames, captcha.frames].concat()) {
        (true, frames) if !frames.is_empty() => frames,
        _ => "'none'".to_owned(),
    };
    let CaptchaHosts {
        scripts: more_scripts,
        connects,
        styles,
        ..
    } = captcha;
    let reload = reload_port
        .map(|port| format!(" ws://127.0.0.1:{port} ws://localhost:{port}"))
        .unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}'{loads}{more_scripts}; style-src 'self'{styles}; \
         img-src 'self' data:; media-src data:; font-src 'self'; connect-src 'self'{connects}{reload}; worker-src 'self'; frame-src {frames}; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_need_the_nonce_and_only_the_provider_is_framed() {
        let policy = content_security_policy(
            "abc",
            true,
            "https://pay.example",
            CaptchaHosts::default(),
            None,
        );
        assert!(policy.contains("script-src 'nonce-abc' 'strict-dynamic' 'wasm-unsafe-eval';"));
        assert!(policy.contains("frame-src https://pay.example;"));
        assert!(policy.contains("connect-src 'self';"));
    }

    #[test]
    fn a_page_that_never_wakes_loads_and_frames_nothing() {
        let policy = content_security_policy(
            "abc",
            false,
            "https://pay.example",
            CaptchaHosts::of("hcaptcha"),
            None,
        );
        assert!(policy.contains("script-src 'nonce-abc'; "));
        assert!(policy.contains("frame-src 'none'; "));
        assert!(!policy.contains("hcaptcha"));
    }

    #[test]
    fn a_captcha_service_is_allowed_where_it_is_configured_and_nowhere_else() {
        let policy = |provider| {
            let hosts = CaptchaHosts::of(provider);
            content_security_policy("abc", true, "https://pay.example", hosts, None)
        };
        assert!(!policy("own").contains("cloudflare"));
        let turnstile = policy("turnstile");
        assert!(
            turnstile.contains("frame-src https://pay.example https://challenges.cloudflare.com;")
        );
        assert!(turnstile.contains("'wasm-unsafe-eval' https://challenges.cloudflare.com;"));
        assert!(turnstile.contains("connect-src 'self';"));
    }
}
