//! What browsers send beside the usual, of everybody who comes to a contest.

/// The headers that a browser sends beside the usual.
#[derive(Clone, Copy, Debug)]
pub struct Browser(pub &'static [(&'static str, &'static str)]);

/// Safari on an iPhone.
pub const PHONE: Browser = Browser(&[
    (
        "user-agent",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    ),
    ("accept-language", "de-DE,de;q=0.9"),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-dest", "empty"),
]);
/// Chrome on Android.
pub const ANDROID: Browser = Browser(&[
    (
        "user-agent",
        "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
    ),
    ("accept-language", "en-GB,en;q=0.9"),
    (
        "sec-ch-ua",
        "\"Google Chrome\";v=\"131\", \"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\"",
    ),
    ("sec-ch-ua-mobile", "?1"),
    ("sec-ch-ua-platform", "\"Android\""),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-dest", "empty"),
]);
/// Chrome on Windows.
pub const DESKTOP: Browser = Browser(&[
    (
        "user-agent",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
    ),
    ("accept-language", "de-DE,de;q=0.9"),
    (
        "sec-ch-ua",
        "\"Google Chrome\";v=\"131\", \"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\"",
    ),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", "\"Windows\""),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-dest", "empty"),
]);
/// Firefox on Linux.
pub const FIREFOX: Browser = Browser(&[
    (
        "user-agent",
        "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
    ),
    ("accept-language", "fr,en;q=0.5"),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-mode", "cors"),
    ("sec-fetch-dest", "empty"),
]);
/// A program that says what it is.
pub const PROGRAM: Browser = Browser(&[("user-agent", "curl/8.5.0")]);
