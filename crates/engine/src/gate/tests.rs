//! What the tests of the gate's rooms share.

use crate::{GateSettings, NetworkSettings, PriceSettings};

/// The defaults of Leptos.toml.
pub(super) fn gate_settings() -> GateSettings {
    GateSettings {
        rounds: 16,
        difficulty: 14,
        challenge_ttl_ms: 120_000,
        grey_from: 30,
        dark_from: 70,
        device_crowd: 50,
        weights: super::Weights::default(),
        captcha: crate::CaptchaSettings::default(),
        network: network_settings(),
        price: PriceSettings {
            calm_per_s: 2000,
            phone_hashes_per_s: 1_500_000,
            desktop_hashes_per_s: 5_000_000,
            fastest_hashes_per_s: 200_000_000,
        },
    }
}

/// The same of networks, of which none is our own.
pub(super) fn network_settings() -> NetworkSettings {
    NetworkSettings {
        own: Vec::new(),
        window_s: 600,
        ipv4_32: 500,
        ipv4_24: 1000,
        ipv6_64: 50,
        ipv6_56: 100,
        ipv6_48: 500,
        suspect_at: 2,
        refuse_at: 5,
    }
}
