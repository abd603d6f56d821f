//! The address that a request came from.

use axum::http::HeaderMap;
use std::net::IpAddr;

/// The address the request came from: the last one that a proxy we trust has seen.
pub(super) fn address(peer: IpAddr, headers: &HeaderMap, trusted_hops: usize) -> IpAddr {
    let Some(beyond) = trusted_hops.checked_sub(1) else {
        return peer;
    };
    let seen: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .collect();
    let address = seen
        .iter()
        .rev()
        .nth(beyond)
        .and_then(|text| text.parse().ok());
    address.unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_trusted_proxy_saw_counts() {
        let peer: IpAddr = [10, 0, 0, 9].into();
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-forwarded-for",
            "6.6.6.6, 1.2.3.4, 5.6.7.8".parse().unwrap(),
        );
        assert_eq!(address(peer, &headers, 0), peer);
        assert_eq!(address(peer, &headers, 1), IpAddr::from([5, 6, 7, 8]));
        assert_eq!(address(peer, &headers, 2), IpAddr::from([1, 2, 3, 4]));
        assert_eq!(address(peer, &headers, 9), peer);
    }
}
