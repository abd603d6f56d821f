//! Who sends a request: the address that it came from, and what device it says it is.

use axum::http::HeaderMap;
use engine::gate::DeviceClass;
use std::net::{IpAddr, SocketAddr};
use std::sync::Once;

/// The address the request came from: the last one that a proxy we trust has seen.
///
/// Each trusted proxy has added one entry at the end of `X-Forwarded-For`, so what counts is counted from there, over
/// all headers of that name. What stands further left was sent by the client and means nothing. Where there are fewer
/// entries than proxies, or something that is no address, only the connection itself is believed. Either way the log says
/// once that the setting does not fit the proxies.
pub(super) fn address(peer: IpAddr, headers: &HeaderMap, trusted_hops: usize) -> IpAddr {
    let lines = headers.get_all("x-forwarded-for").iter();
    let Some(beyond) = trusted_hops.checked_sub(1) else {
        if peer.is_loopback() && lines.count() > 0 {
            UNEXPECTED.call_once(|| {
                tracing::warn!(
                    "a request of this machine has X-Forwarded-For; if a proxy in front sends it, set server.trusted_hops: until then no shopper's network counts"
                );
            });
        }
        return peer;
    };
    let mut seen = lines
        .rev()
        .flat_map(|line| line.as_bytes().rsplit(|byte| *byte == b','));
    seen.nth(beyond).and_then(read).unwrap_or_else(|| {
        MISSING.call_once(|| {
            tracing::warn!(
                %peer,
                trusted_hops,
                "a request did not come through as many proxies as server.trusted_hops says; its network is that of the connection"
            );
        });
        peer
    })
}

static UNEXPECTED: Once = Once::new();
static MISSING: Once = Once::new();

/// One entry: an address, which some proxies give with its port or in brackets.
fn read(entry: &[u8]) -> Option<IpAddr> {
    let text = std::str::from_utf8(entry).ok()?.trim();
    let bare = text
        .strip_prefix('[')
        .and_then(|text| text.strip_suffix(']'));
    let address = bare.unwrap_or(text).parse().ok();
    address.or_else(|| {
        text.parse()
            .ok()
            .map(|with_port: SocketAddr| with_port.ip())
    })
}

/// What the client says it is: by client hint (`Sec-CH-UA-Mobile`), or by the word that phones' browsers have in their
/// `User-Agent`.
pub(super) fn device(headers: &HeaderMap) -> DeviceClass {
    let is_phone = match headers.get("sec-ch-ua-mobile") {
        Some(hint) => hint == "?1",
        None => headers
            .get("user-agent")
            .and_then(|agent| agent.to_str().ok())
            .is_some_and(|agent| agent.contains("Mobi")),
    };
    match is_phone {
        true => DeviceClass::Phone,
        false => DeviceClass::Desktop,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 9));

    /// The address that is believed after these headers.
    fn believed(lines: &[&[u8]], trusted_hops: usize) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("x-forwarded-for", HeaderValue::from_bytes(line).unwrap());
        }
        address(PEER, &headers, trusted_hops).to_string()
    }

    #[test]
    fn only_what_a_trusted_proxy_saw_counts() {
        let line: &[u8] = b"6.6.6.6, 1.2.3.4, 5.6.7.8";
        assert_eq!(believed(&[line], 0), "10.0.0.9");
        assert_eq!(believed(&[line], 1), "5.6.7.8");
        assert_eq!(believed(&[line], 2), "1.2.3.4");
        assert_eq!(believed(&[line], 9), "10.0.0.9");
        assert_eq!(believed(&[], 1), "10.0.0.9");
    }

    #[test]
    fn several_headers_are_one_list() {
        let lines: [&[u8]; 3] = [b"6.6.6.6", b"1.2.3.4, 2.3.4.5", b"5.6.7.8"];
        let all: Vec<String> = (1..=5).map(|hops| believed(&lines, hops)).collect();
        assert_eq!(
            all,
            ["5.6.7.8", "2.3.4.5", "1.2.3.4", "6.6.6.6", "10.0.0.9"]
        );
    }

    #[test]
    fn ports_and_brackets_are_no_part_of_an_address() {
        for (entry, expected) in [
            ("1.2.3.4:56789", "1.2.3.4"),
            ("[2001:db8::1]:443", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:1.2.3.4", "::ffff:1.2.3.4"),
            ("  1.2.3.4\t", "1.2.3.4"),
        ] {
            assert_eq!(believed(&[entry.as_bytes()], 1), expected, "{entry}");
        }
    }

    #[test]
    fn garbage_is_nobody_and_moves_nobody_else() {
        for garbage in [
            &b"unknown"[..],
            b"_hidden",
            b"",
            b",",
            b"1.2.3.4.5",
            b"256.1.1.1",
            b"1.2.3.4:99999",
            b"fe80::1%eth0",
            b"[1.2.3.4",
            b"\xff\xfe",
            b"\"1.2.3.4\"",
        ] {
            assert_eq!(believed(&[garbage], 1), "10.0.0.9", "{garbage:?}");
            // In front of what the proxy saw, in its own header or in the same.
            assert_eq!(believed(&[garbage, b"5.6.7.8"], 1), "5.6.7.8");
            assert_eq!(believed(&[&[garbage, b",5.6.7.8"].concat()], 1), "5.6.7.8");
        }
    }

    #[test]
    fn a_phone_is_what_says_so() {
        let class = |pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs.iter();
            device(
                &pairs
                    .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
                    .collect(),
            )
        };
        let phone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Mobile/15E148 Safari/604.1";
        assert_eq!(class(&[("user-agent", phone)]), DeviceClass::Phone);
        assert_eq!(
            class(&[("user-agent", "Mozilla/5.0 (X11; Linux x86_64)")]),
            DeviceClass::Desktop
        );
        assert_eq!(class(&[("sec-ch-ua-mobile", "?1")]), DeviceClass::Phone);
        assert_eq!(
            class(&[("sec-ch-ua-mobile", "?0"), ("user-agent", phone)]),
            DeviceClass::Desktop
        );
        assert_eq!(class(&[]), DeviceClass::Desktop);
    }
}
