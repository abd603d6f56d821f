//! Everything a person reads, one file per language.
//!
//! A language is a struct literal, so a text that is missing in one of them does not compile. [`PageText`] stays
//! on the edge, where pages are rendered. [`Text`] is what islands say: it goes to the browser with the page, in
//! the one language of the page ([`carried`]), so that the bundle holds no language at all.

#[cfg_attr(
    feature = "ssr",
    allow(dead_code, reason = "half of it is the browser's")
)]
mod carried;
#[cfg(feature = "ssr")]
mod de;
#[cfg(feature = "ssr")]
mod en;
pub(crate) mod format;
mod islands;
#[cfg(feature = "ssr")]
mod pages;

pub(crate) use islands::Text;
#[cfg(feature = "ssr")]
pub(crate) use {
    carried::{ID as TEXTS, carry},
    pages::{CaptchaText, OperatorText, PageText},
};

use serde::{Deserialize, Serialize};

/// A language that the shop speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English, and whenever we are not sure.
    #[default]
    En,
    /// German.
    De,
}

impl Lang {
    /// For the `lang` attribute.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// What islands say.
    #[cfg(feature = "ssr")]
    pub(crate) fn text(self) -> &'static Text {
        match self {
            Self::En => &en::TEXT,
            Self::De => &de::TEXT,
        }
    }

    /// What islands say: what the page brought along, which is in the page's language.
    #[cfg(not(feature = "ssr"))]
    pub(crate) fn text(self) -> &'static Text {
        carried::brought()
    }

    /// What pages say.
    #[cfg(feature = "ssr")]
    pub(crate) fn page(self) -> &'static PageText {
        match self {
            Self::En => &en::PAGE,
            Self::De => &de::PAGE,
        }
    }

    /// The first language of ours by the browser's wishes (RFC 9110, section 12.5.4).
    #[cfg(feature = "ssr")]
    pub fn accepted(header: &str) -> Self {
        let mut best = (Self::default(), 0.0);
        for wish in header.split(',') {
            let mut parts = wish.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let quality = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .and_then(|q| q.parse::<f32>().ok())
                .unwrap_or(1.0);
            let primary = tag.split('-').next().unwrap_or_default();
            let lang = match primary.to_ascii_lowercase().as_str() {
                "de" => Self::De,
                "en" | "*" => Self::En,
                _ => continue,
            };
            if quality > best.1 {
                best = (lang, quality);
            }
        }
        best.0
    }
}

/// A text for one and a text for many; `{0}` is the number.
pub(crate) type Plural = (&'static str, &'static str);

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use protocol::{Problem, ProblemKind};

    #[test]
    fn the_most_wanted_language_of_ours_is_spoken() {
        for (header, lang) in [
            ("", Lang::En),
            ("de-AT,de;q=0.9,en;q=0.8", Lang::De),
            ("fr-FR, en;q=0.7, de;q=0.8", Lang::De),
            ("en-GB,de;q=0.9", Lang::En),
            ("fr,*;q=0.5", Lang::En),
            ("de;q=0", Lang::En),
            ("de;q=x;;,,;", Lang::De),
        ] {
            assert_eq!(Lang::accepted(header), lang, "{header:?}");
        }
    }

    #[test]
    fn a_refusal_is_put_into_words_of_the_reader() {
        let sold_out = Problem::new(ProblemKind::SoldOut);
        assert_eq!(
            Lang::De.text().problem(&sold_out),
            Lang::De.text().error_sold_out
        );
        let unknown = Problem {
            kind: "about:blank".to_owned(),
            ..sold_out
        };
        assert_eq!(
            Lang::En.text().problem(&unknown),
            Lang::En.text().error_other
        );
    }
}
