//! State changes come from our own pages or from programs, never from another site's page.

use super::problem::Refusal;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use protocol::ProblemKind;

/// Refuses a state change that a browser says comes from elsewhere (Fetch Metadata, or Origin where a
/// browser does not send it). Programs send neither.
pub(super) async fn refuse_other_sites(request: Request, next: Next) -> Response {
    let changes = !matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if changes && !is_ours(request.headers()) {
        return Refusal::of(ProblemKind::OriginRefused).into_response();
    }
    next.run(request).await
}

/// Does it come from our own page, or from a program?
pub(super) fn is_ours(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    match text("origin") {
        None => true,
        Some(origin) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_some() && host == text(header::HOST.as_str())
        }
    }
}

/// Headers that every answer carries.
pub(super) async fn common_headers(mut response: Response) -> Response {
    add_common(response.headers_mut());
    response
}

/// How many they are.
pub(super) const COMMON: usize = 4;

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("same-origin");

/// Adds them.
pub(super) fn add_common(headers: &mut HeaderMap) {
    let no_devices = const { HeaderValue::from_static("camera=(), microphone=(), geolocation=()") };
    for (name, value) in [
        (
            header::X_CONTENT_TYPE_OPTIONS,
            const { HeaderValue::from_static("nosniff") },
        ),
        (header::REFERRER_POLICY, SAME_ORIGIN),
        (OPENER_POLICY, SAME_ORIGIN),
        (PERMISSIONS_POLICY, no_devices),
    ] {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn another_sites_page_is_refused_and_a_program_is_not() {
        assert!(is_ours(&headers(&[])));
        assert!(is_ours(&headers(&[("sec-fetch-site", "same-origin")])));
        assert!(!is_ours(&headers(&[("sec-fetch-site", "cross-site")])));
        assert!(!is_ours(&headers(&[("sec-fetch-site", "same-site")])));
        assert!(is_ours(&headers(&[
            ("origin", "https://a.example"),
            ("host", "a.example")
        ])));
        assert!(!is_ours(&headers(&[
            ("origin", "https://b.example"),
            ("host", "a.example")
        ])));
        assert!(!is_ours(&headers(&[
            ("origin", "null"),
            ("host", "a.example")
        ])));
    }
}
