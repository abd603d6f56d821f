//! Who asks for a challenge, as far as the edge can tell.

use super::headers::Headers;
use std::net::IpAddr;

/// What the edge has read of a request.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The address that it came from, as far as the proxies in front can be believed.
    pub from: IpAddr,
    /// What it says of its browser.
    pub headers: Headers<'a>,
    /// It has followed a link that people do not see.
    pub strayed: bool,
}
