//! Who asks for a challenge, as far as a request tells.

use super::DeviceClass;
use std::net::IpAddr;

/// What the door knows of whoever asks.
#[derive(Clone, Copy, Debug)]
pub struct Client {
    /// The address that the request came from, as far as the proxies in front can be believed.
    pub address: IpAddr,
    /// What it says it is.
    pub device: DeviceClass,
}

/// Of whom nothing else is known.
impl From<IpAddr> for Client {
    fn from(address: IpAddr) -> Self {
        Self {
            address,
            device: DeviceClass::Desktop,
        }
    }
}
