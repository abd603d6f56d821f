//! What the headers of a request say of its browser, and whether they agree with each other.
//!
//! A plain struct, so that the edge reads and the engine judges. Only contradictions and gaps count that no browser of
//! that kind shows; a browser that nobody has heard of is not judged.

/// The headers that tell of a browser, as they were sent.
#[derive(Clone, Copy, Debug, Default)]
pub struct Headers<'a> {
    /// `User-Agent`.
    pub user_agent: Option<&'a str>,
    /// `Accept-Language`.
    pub accept_language: Option<&'a str>,
    /// `Sec-CH-UA`: brands with their versions (User-Agent Client Hints).
    pub brands: Option<&'a str>,
    /// `Sec-CH-UA-Platform`.
    pub platform: Option<&'a str>,
    /// `Sec-CH-UA-Mobile`.
    pub mobile: Option<&'a str>,
    /// `Sec-Fetch-Site` (Fetch Metadata).
    pub fetch_site: Option<&'a str>,
    /// `Sec-Fetch-Mode`.
    pub fetch_mode: Option<&'a str>,
    /// `Sec-Fetch-Dest`.
    pub fetch_dest: Option<&'a str>,
    /// Did it come over TLS? Browsers send hints and metadata to such places only.
    pub secure: bool,
}

/// The first versions that certainly send hints and Fetch Metadata.
const CHROMIUM: u32 = 90;
const FIREFOX: u32 = 91;
const SAFARI: u32 = 17;

impl Headers<'_> {
    /// Does it say that it is a browser? Programs that name themselves do not.
    pub(super) fn say_browser(&self) -> bool {
        self.agent().starts_with("Mozilla/5.0")
    }

    /// Is something not there that every browser of this kind sends?
    pub(super) fn lack(&self) -> bool {
        if !self.say_browser() {
            return false;
        }
        let chromium = self.version("Chrome/");
        let hinting = chromium.is_some_and(|v| v >= CHROMIUM) && !self.agent().contains("; wv)");
        let new = chromium.is_some_and(|v| v >= CHROMIUM)
            || self.version("Firefox/").is_some_and(|v| v >= FIREFOX)
            || self.version("Version/").is_some_and(|v| v >= SAFARI);
        let no_language = self.accept_language.is_none_or(|l| l.trim().is_empty());
        let no_hints = self.secure && hinting && self.brands.is_none();
        let no_metadata = self.secure && new && self.fetch_site.is_none();
        no_language || no_hints || no_metadata
    }

    /// Does it contradict itself?
    pub(super) fn disagree(&self) -> bool {
        self.brands_disagree()
            || self.platform_disagrees()
            || self.mobile_disagrees()
            || self.fetched_otherwise()
    }

    fn agent(&self) -> &str {
        self.user_agent.unwrap_or_default()
    }

    /// The number after this name in the user agent.
    fn version(&self, name: &str) -> Option<u32> {
        let (_, rest) = self.agent().split_once(name)?;
        number(rest)
    }

    /// Hints of a Chromium that the user agent does not know, or knows in another version.
    fn brands_disagree(&self) -> bool {
        let Some(brands) = self.brands else {
            return false;
        };
        let Some(told) = self.version("Chrome/") else {
            return true;
        };
        let hinted = brands
            .split_once("\"Chromium\";v=\"")
            .and_then(|(_, rest)| number(rest));
        hinted.is_some_and(|hinted| hinted != told)
    }

    fn platform_disagrees(&self) -> bool {
        let agent = self.agent();
        let Some(platform) = self.platform else {
            return false;
        };
        match platform.trim_matches('"') {
            "Windows" => !agent.contains("Windows"),
            "macOS" => !agent.contains("Mac OS X"),
            "Android" => !agent.contains("Android"),
            "Chrome OS" | "ChromeOS" => !agent.contains("CrOS"),
            "Linux" => !agent.contains("Linux") || agent.contains("Android"),
            _ => false,
        }
    }

    fn mobile_disagrees(&self) -> bool {
        let says = self.agent().contains("Mobile");
        match self.mobile {
            Some("?1") => !says,
            Some("?0") => says,
            _ => false,
        }
    }

    /// The page asks by `fetch`; nobody comes here by a link or with a picture.
    fn fetched_otherwise(&self) -> bool {
        let is = |value: Option<&str>, usual: &[&str]| value.is_none_or(|v| usual.contains(&v));
        !is(self.fetch_dest, &["empty"]) || !is(self.fetch_mode, &["cors", "same-origin"])
    }
}

fn number(text: &str) -> Option<u32> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHROME: Headers<'static> = Headers {
        user_agent: Some(
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36",
        ),
        accept_language: Some("de-DE,de;q=0.9"),
        brands: Some(
            "\"Google Chrome\";v=\"131\", \"Chromium\";v=\"131\", \"Not_A Brand\";v=\"24\"",
        ),
        platform: Some("\"Windows\""),
        mobile: Some("?0"),
        fetch_site: Some("same-origin"),
        fetch_mode: Some("cors"),
        fetch_dest: Some("empty"),
        secure: true,
    };
    const IPHONE: Headers<'static> = Headers {
        user_agent: Some(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
        ),
        brands: None,
        platform: None,
        mobile: None,
        ..CHROME
    };
    const FIREFOX_ON_LINUX: Headers<'static> = Headers {
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0"),
        ..IPHONE
    };
    const ANDROID: Headers<'static> = Headers {
        user_agent: Some(
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36",
        ),
        platform: Some("\"Android\""),
        mobile: Some("?1"),
        ..CHROME
    };
    const OLD_PHONE: Headers<'static> = Headers {
        user_agent: Some(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 12_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.1 Mobile/15E148 Safari/604.1",
        ),
        fetch_site: None,
        fetch_mode: None,
        fetch_dest: None,
        ..IPHONE
    };

    #[test]
    fn browsers_as_they_are_have_nothing_held_against_them() {
        for browser in [CHROME, IPHONE, FIREFOX_ON_LINUX, ANDROID, OLD_PHONE] {
            assert!(browser.say_browser(), "{browser:?}");
            assert!(!browser.lack(), "{browser:?}");
            assert!(!browser.disagree(), "{browser:?}");
        }
        // Over plain http no browser sends hints or metadata.
        let plain = Headers {
            secure: false,
            fetch_site: None,
            fetch_mode: None,
            fetch_dest: None,
            brands: None,
            platform: None,
            mobile: None,
            ..CHROME
        };
        assert!(!plain.lack() && !plain.disagree());
    }

    #[test]
    fn each_contradiction_is_noticed_by_itself() {
        for (what, headers) in [
            (
                "another version",
                Headers {
                    brands: Some("\"Chromium\";v=\"119\""),
                    ..CHROME
                },
            ),
            (
                "hints of a Firefox",
                Headers {
                    brands: CHROME.brands,
                    ..FIREFOX_ON_LINUX
                },
            ),
            (
                "another system",
                Headers {
                    platform: Some("\"Linux\""),
                    ..CHROME
                },
            ),
            (
                "a phone that says it is none",
                Headers {
                    mobile: Some("?0"),
                    ..ANDROID
                },
            ),
            (
                "a desktop that says it is a phone",
                Headers {
                    mobile: Some("?1"),
                    ..CHROME
                },
            ),
            (
                "a link",
                Headers {
                    fetch_mode: Some("navigate"),
                    ..CHROME
                },
            ),
            (
                "a picture",
                Headers {
                    fetch_dest: Some("image"),
                    ..CHROME
                },
            ),
        ] {
            assert!(headers.disagree(), "{what}");
        }
    }

    #[test]
    fn each_gap_is_noticed_by_itself() {
        for (what, headers) in [
            (
                "language",
                Headers {
                    accept_language: None,
                    ..IPHONE
                },
            ),
            (
                "hints",
                Headers {
                    brands: None,
                    ..CHROME
                },
            ),
            (
                "metadata",
                Headers {
                    fetch_site: None,
                    ..FIREFOX_ON_LINUX
                },
            ),
        ] {
            assert!(headers.lack(), "{what}");
            assert!(!headers.disagree(), "{what}");
        }
    }

    #[test]
    fn a_program_says_so_and_lacks_nothing() {
        for agent in [None, Some("curl/8.5.0"), Some("python-requests/2.32")] {
            let program = Headers {
                user_agent: agent,
                secure: true,
                ..Headers::default()
            };
            assert!(!program.say_browser() && !program.lack() && !program.disagree());
        }
    }
}
