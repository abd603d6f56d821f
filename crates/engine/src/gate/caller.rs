//! Who asks for a challenge, as far as a request tells.

use super::DeviceClass;
use super::headers::Headers;
use std::net::IpAddr;

/// What the edge has read of a request.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// The address that it came from, as far as the proxies in front can be believed.
    pub address: IpAddr,
    /// What it says it is.
    pub device: DeviceClass,
    /// What it says of its browser.
    pub headers: Headers<'a>,
    /// It has followed a link that people do not see.
    pub strayed: bool,
}

/// Of whom nothing else is known.
impl From<IpAddr> for Caller<'_> {
    fn from(address: IpAddr) -> Self {
        Self {
            address,
            device: DeviceClass::Desktop,
            headers: Headers::default(),
            strayed: false,
        }
    }
}
