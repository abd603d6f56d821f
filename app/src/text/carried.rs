//! How the islands' texts travel: one after the other, in the order of the struct, with line ends between them.

use super::Text;
use std::sync::OnceLock;

/// The element that carries them.
pub(crate) const ID: &str = "texts";

/// Declares a struct of texts that can be written to a page and read again.
macro_rules! texts {
    ($(#[$of:meta])* pub(crate) struct $name:ident {
        $($(#[$about:meta])* pub(crate) $field:ident: $kind:ty,)*
    }) => {
        $(#[$of])*
        pub(crate) struct $name {
            $($(#[$about])* pub(crate) $field: $kind,)*
        }

        impl $name {
            #[cfg(feature = "ssr")]
            pub(super) fn write(&self, to: &mut Vec<&'static str>) {
                $($crate::text::carried::Said::write(&self.$field, to);)*
            }

            pub(super) fn read(from: &mut dyn Iterator<Item = &'static str>) -> Self {
                Self { $($field: $crate::text::carried::Said::read(from),)* }
            }
        }
    };
}
pub(super) use texts;

/// One field: a text, or some of them.
pub(super) trait Said {
    #[cfg(feature = "ssr")]
    fn write(&self, to: &mut Vec<&'static str>);
    fn read(from: &mut dyn Iterator<Item = &'static str>) -> Self;
}

impl Said for &'static str {
    #[cfg(feature = "ssr")]
    fn write(&self, to: &mut Vec<&'static str>) {
        to.push(self);
    }

    fn read(from: &mut dyn Iterator<Item = &'static str>) -> Self {
        from.next().unwrap_or_default()
    }
}

impl<const N: usize> Said for [&'static str; N] {
    #[cfg(feature = "ssr")]
    fn write(&self, to: &mut Vec<&'static str>) {
        to.extend(self);
    }

    fn read(from: &mut dyn Iterator<Item = &'static str>) -> Self {
        std::array::from_fn(|_| Said::read(from))
    }
}

impl Said for super::Plural {
    #[cfg(feature = "ssr")]
    fn write(&self, to: &mut Vec<&'static str>) {
        to.extend([self.0, self.1]);
    }

    fn read(from: &mut dyn Iterator<Item = &'static str>) -> Self {
        (Said::read(from), Said::read(from))
    }
}

/// What a page has to bring along for its islands.
#[cfg(feature = "ssr")]
pub(crate) fn carry(lang: super::Lang) -> String {
    let mut texts = Vec::new();
    lang.text().write(&mut texts);
    texts.join("\n")
}

/// What this page brought along.
pub(super) fn brought() -> &'static Text {
    static TEXT: OnceLock<Text> = OnceLock::new();
    TEXT.get_or_init(|| {
        let all: &'static str = crate::browser::page::text_of(ID).unwrap_or_default().leak();
        Text::read(&mut all.split('\n'))
    })
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::text::Lang;

    #[test]
    fn every_language_arrives_as_it_was_written() {
        for lang in [Lang::En, Lang::De] {
            let carried = carry(lang);
            // It stands between the tags of a script element as it is.
            assert!(!carried.contains('<'));
            let mut lines = carried.clone().leak().split('\n');
            let arrived = Text::read(&mut lines);
            assert_eq!(lines.next(), None);
            let mut again = Vec::new();
            arrived.write(&mut again);
            assert_eq!(again.join("\n"), carried);
        }
    }
}
