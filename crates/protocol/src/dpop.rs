//! The proof that a request comes from the browser that holds the key of a ticket (RFC 9449, DPoP).
//!
//! A proof is a small signed token for one request: it names the method, the address, the moment and
//! itself. Whoever copies a ticket, even with a proof beside it, cannot make the next one.
//!
//! This reads proofs and compares their claims. The signature is verified where no browser has to
//! download the curve: [`Proof::signed`], [`Proof::signature`] and [`Proof::point`] are what that takes.

use crate::digest::{Digest, sha256, tagged};
use crate::ticket::Shopper;
use crate::wire::BrowserKey;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::DeserializeOwned};

/// How far `iat` may lie from the sale's clock in either direction, ms. Browsers take it from the
/// snapshots and not from the phone's own clock, so this covers delays, not wrong clocks.
pub const TOLERANCE_MS: u64 = 60_000;
/// How long a used proof has to be remembered: one dated ahead is valid for twice the tolerance; the
/// rest is for edges whose clocks differ, ms.
pub const REMEMBERED_MS: u64 = 3 * TOLERANCE_MS;
/// Longer texts are refused unread, bytes; proofs of our own pages have about 500.
const MAX_TEXT: usize = 2048;
/// The longest name a proof may have, bytes.
const MAX_NAME: usize = 128;

/// Why a proof does not prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DpopError {
    /// None came along.
    #[error("the ticket is bound to a key: send a proof of it in the header DPoP (RFC 9449)")]
    Missing,
    /// It is not a `dpop+jwt` signed with ES256 that carries its public key.
    #[error("the proof is not a DPoP token that can be read here")]
    Malformed,
    /// The signature is not by the key that it carries.
    #[error("the signature of the proof is wrong")]
    Signature,
    /// It is by another key than the ticket's.
    #[error("the proof is by another key than the ticket's")]
    OtherKey,
    /// `htm` is another method.
    #[error("the proof is for another method")]
    Method,
    /// `htu` is another address.
    #[error("the proof is for another address")]
    Address,
    /// `iat` is too far from the sale's clock.
    #[error("the proof is too old, or from the future: date it by the sale's clock")]
    Time,
    /// `ath` does not belong to the ticket.
    #[error("the proof is for another ticket")]
    Ticket,
    /// The same proof was used before.
    #[error("the proof was used before; sign a new one for each request")]
    Replayed,
}

/// A proof that was read; nothing in it is believed yet.
#[derive(Clone, Debug)]
pub struct Proof {
    key: BrowserKey,
    point: [u8; 65],
    claims: Claims,
    signed: String,
    signature: [u8; 64],
}

/// The request that a proof has to be for.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Its method, in capitals.
    pub method: &'a str,
    /// Its path, without the query.
    pub path: &'a str,
    /// The shop's origin as it is configured, such as `https://shop.example`. `None`: unknown, and only
    /// the path is compared.
    pub origin: Option<&'a str>,
    /// The ticket that came along as a bearer token: then `ath` must name it. A page cannot read its
    /// HttpOnly cookie, so with a cookie `ath` may be left out.
    pub bearer: Option<&'a str>,
    /// The ticket however it came: an `ath` must name it.
    pub ticket: Option<&'a str>,
}

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: BrowserKey,
    /// Extensions that must be understood (RFC 7515, section 4.1.11): we understand none.
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

#[derive(Clone, Debug, Deserialize)]
struct Claims {
    htm: String,
    htu: String,
    /// Unix seconds; a fraction is allowed (RFC 7519, NumericDate).
    iat: f64,
    jti: String,
    #[serde(default)]
    ath: Option<String>,
}

impl Proof {
    /// Reads the value of a `DPoP` header.
    pub fn read(text: &str) -> Result<Self, DpopError> {
        Self::parse(text).ok_or(DpopError::Malformed)
    }

    fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_TEXT {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let header: Header = json(header)?;
        let claims: Claims = json(claims)?;
        let good = header.typ == "dpop+jwt"
            && header.alg == "ES256"
            && header.crit.is_none()
            && (1..=MAX_NAME).contains(&claims.jti.len());
        let point = point(&header.jwk)?;
        good.then_some(Self {
            key: header.jwk,
            point,
            claims,
            signed: signed.to_owned(),
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?.try_into().ok()?,
        })
    }

    /// The public key that it carries, as an uncompressed point (SEC 1, section 2.3.3).
    pub fn point(&self) -> &[u8; 65] {
        &self.point
    }

    /// What the signature is over.
    pub fn signed(&self) -> &[u8] {
        self.signed.as_bytes()
    }

    /// The signature: `r ‖ s`, 32 bytes each (RFC 7518, section 3.4).
    pub fn signature(&self) -> &[u8; 64] {
        &self.signature
    }

    /// Whose proof it is.
    pub fn shopper(&self) -> Shopper {
        shopper(&thumbprint_of(&self.key))
    }

    /// Compares the claims with the request that it came with, at `now` by the sale's clock, Unix ms.
    pub fn check(&self, request: &Request<'_>, now: u64) -> Result<(), DpopError> {
        if self.claims.htm != request.method {
            return Err(DpopError::Method);
        }
        if !is_address(&self.claims.htu, request) {
            return Err(DpopError::Address);
        }
        if (now as f64 - self.claims.iat * 1000.0).abs() > TOLERANCE_MS as f64 {
            return Err(DpopError::Time);
        }
        let named = |ticket: &str| self.claims.ath.as_deref() == Some(ticket_hash(ticket).as_str());
        let right = match (request.bearer, request.ticket, &self.claims.ath) {
            (Some(ticket), _, _) | (None, Some(ticket), Some(_)) => named(ticket),
            _ => true,
        };
        if right {
            Ok(())
        } else {
            Err(DpopError::Ticket)
        }
    }

    /// A short name for this one proof of this one key, to remember that it was used.
    pub fn once(&self) -> [u8; 16] {
        let hash = tagged(
            "sluice/dpop-once/v1",
            &[&self.shopper(), self.claims.jti.as_bytes()],
        );
        let mut short = [0; 16];
        short.copy_from_slice(&hash[..16]);
        short
    }
}

/// `ath`: the base64url of the SHA-256 of a ticket's text (RFC 9449, section 4.2).
pub fn ticket_hash(ticket: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(ticket.as_bytes()))
}

/// The thumbprint of a public key on P-256 (RFC 7638); `None` when it is no such key.
pub fn thumbprint(key: &BrowserKey) -> Option<Digest> {
    point(key).map(|_| thumbprint_of(key))
}

/// Who holds the key with this thumbprint.
pub fn shopper(thumbprint: &Digest) -> Shopper {
    let mut shopper = [0; 16];
    shopper.copy_from_slice(&thumbprint[..16]);
    shopper
}

fn thumbprint_of(key: &BrowserKey) -> Digest {
    let BrowserKey { x, y, .. } = key;
    sha256(format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#).as_bytes())
}

/// The coordinates in their one allowed spelling; whether they lie on the curve is for the verifier.
fn point(key: &BrowserKey) -> Option<[u8; 65]> {
    if key.kty != "EC" || key.crv != "P-256" {
        return None;
    }
    let mut point = [4; 65];
    for (coordinate, place) in [(&key.x, 1..33), (&key.y, 33..65)] {
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(coordinate).ok()?.try_into().ok()?;
        point[place].copy_from_slice(&bytes);
    }
    Some(point)
}

fn json<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}

/// `htu` without query and fragment is the address of the request (RFC 9449, section 4.3).
fn is_address(htu: &str, request: &Request<'_>) -> bool {
    let htu = htu.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = htu.split_once("://") else {
        return false;
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    if path != request.path {
        return false;
    }
    let Some((our_scheme, our_host)) = request.origin.and_then(|ours| ours.split_once("://"))
    else {
        return true;
    };
    let port = match our_scheme {
        "https" => ":443",
        _ => ":80",
    };
    let bare = |host: &str| {
        let host = host.trim_end_matches('/').to_ascii_lowercase();
        host.strip_suffix(port).map(str::to_owned).unwrap_or(host)
    };
    scheme.eq_ignore_ascii_case(our_scheme) && bare(host) == bare(our_host)
}

#[cfg(test)]
mod tests;
