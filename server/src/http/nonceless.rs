//! A rendered page as everyone may have it: a nonce may be used once only, so its scripts are named by their
//! hashes instead (CSP level 3), and what they load comes from this very origin.

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use protocol::digest::sha256;

/// The page and its policy without the nonce; `None` when the policy names none.
pub(super) fn without_nonce(html: &str, policy: &HeaderValue) -> Option<(String, HeaderValue)> {
    let policy = policy.to_str().ok()?;
    let (_, after) = policy.split_once("'nonce-")?;
    let (nonce, _) = after.split_once('\'')?;
    let html = html
        .replace(&format!(" nonce=\"{nonce}\""), "")
        // Leptos writes it where it means no more than "anonymous".
        .replace(nonce, "");
    let mut sources = String::from("'self'");
    for script in inline_scripts(&html) {
        let hash = format!(" 'sha256-{}'", STANDARD.encode(sha256(script.as_bytes())));
        if !sources.contains(&hash) {
            sources.push_str(&hash);
        }
    }
    // What is strict here would bar scripts that have an address: they carry neither nonce nor hash.
    let policy = policy
        .replace(&format!("'nonce-{nonce}'"), &sources)
        .replace(" 'strict-dynamic'", "");
    Some((html, HeaderValue::from_str(&policy).ok()?))
}

/// What stands between the tags of scripts without an address. Texts and attributes are escaped by the
/// renderer, so no visitor's or operator's words can look like a tag.
fn inline_scripts(html: &str) -> impl Iterator<Item = &str> {
    html.split("<script").skip(1).filter_map(|rest| {
        let (attributes, rest) = rest.split_once('>')?;
        let (script, _) = rest.split_once("</script")?;
        (!attributes.contains(" src=")).then_some(script)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inline_scripts_are_named_by_their_hashes_and_the_nonce_is_gone() {
        let html = "<link crossorigin=\"n0nce\"><script nonce=\"n0nce\" src=\"/a.js\"></script>\
                    <script type=\"module\" nonce=\"n0nce\">alert(1)</script>";
        let policy =
            "default-src 'none'; script-src 'nonce-n0nce' 'strict-dynamic' 'wasm-unsafe-eval'";
        let (html, policy) = without_nonce(html, &HeaderValue::from_static(policy)).unwrap();
        assert_eq!(
            html,
            "<link crossorigin=\"\"><script src=\"/a.js\"></script><script type=\"module\">alert(1)</script>"
        );
        // echo -n 'alert(1)' | openssl dgst -sha256 -binary | base64
        assert_eq!(
            policy,
            "default-src 'none'; script-src 'self' \
             'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=' 'wasm-unsafe-eval'"
        );
    }

    #[test]
    fn a_page_without_a_policy_is_nobodys_to_keep() {
        let policy = HeaderValue::from_static("default-src 'none'");
        assert!(without_nonce("<p>", &policy).is_none());
    }
}
