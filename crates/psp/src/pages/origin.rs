//! The origin of the page around ours. It ends up in a response header and as the target of
//! `postMessage`, so it is checked letter by letter.

/// An http(s) origin without path, such as `https://shop.example:8443`.
#[derive(Debug)]
pub(super) struct Origin(String);

impl Origin {
    /// Accepts an origin as browsers write it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))?;
        let (host, port) = match rest.strip_prefix('[') {
            Some(v6) => {
                let (address, port) = v6.split_once(']')?;
                address.parse::<std::net::Ipv6Addr>().ok()?;
                (address, port)
            }
            None => {
                let (name, port) = rest.split_at(rest.find(':').unwrap_or(rest.len()));
                name.bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
                    .then_some((name, port))?
            }
        };
        let sound = !host.is_empty() && (port.is_empty() || is_port(port));
        sound.then(|| Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A colon and a number; `parse` alone would take a plus sign.
fn is_port(text: &str) -> bool {
    text.strip_prefix(':').is_some_and(|digits| {
        digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn only_an_origin_is_an_origin() {
        for good in [
            "https://shop.example",
            "http://127.0.0.1:3000",
            "http://[::1]:3000",
            "http://[::1]",
        ] {
            assert!(Origin::parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "null",
            "*",
            "shop.example",
            "ftp://shop.example",
            "https://",
            "https://shop.example/",
            "https://shop.example:",
            "https://shop.example:99999",
            "https://shop.example:+80",
            "https://user@shop.example",
            "https://shop.example; script-src *",
            "https://shop.example *",
            "https://*.example",
            "http://[::1]3000",
            "http://[::1",
            "https://shop.example\r\nx: y",
        ] {
            assert!(Origin::parse(bad).is_none(), "{bad}");
        }
    }
}
