use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

/// The key of RFC 9449, figure 4, whose thumbprint the RFC gives.
fn jwk() -> Value {
    json!({
        "kty": "EC", "crv": "P-256",
        "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
        "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    })
}

fn claims() -> Value {
    json!({ "htm": "POST", "htu": "https://shop.example/a", "iat": 1000, "jti": "one" })
}

fn spell(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signature = URL_SAFE_NO_PAD.encode([7; 64]);
    format!("{}.{}.{signature}", part(header), part(claims))
}

fn header() -> Value {
    json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": jwk() })
}

fn proof(claims: &Value) -> Proof {
    Proof::read(&spell(&header(), claims)).unwrap()
}

fn with(mut value: Value, field: &str, other: Value) -> Value {
    value[field] = other;
    value
}

const REQUEST: Request<'static> = Request {
    method: "POST",
    path: "/a",
    origin: Some("https://shop.example"),
    bearer: None,
    ticket: Some("ticket"),
};

#[test]
fn the_thumbprint_is_that_of_the_rfc() {
    let key: BrowserKey = serde_json::from_value(jwk()).unwrap();
    assert_eq!(
        URL_SAFE_NO_PAD.encode(thumbprint(&key).unwrap()),
        "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
    );
}

#[test]
fn only_es256_with_a_public_key_is_read() {
    assert!(Proof::read(&spell(&header(), &claims())).is_ok());
    for (field, other) in [
        ("typ", json!("JWT")),
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("crit", json!(["exp"])),
        ("jwk", json!(null)),
        ("jwk", with(jwk(), "d", json!("AAAA"))),
        ("jwk", with(jwk(), "crv", json!("P-384"))),
        ("jwk", with(jwk(), "x", json!("AA"))),
    ] {
        let text = spell(&with(header(), field, other.clone()), &claims());
        assert_eq!(
            Proof::read(&text).unwrap_err(),
            DpopError::Malformed,
            "{field}: {other}"
        );
    }
    for jti in [String::new(), "x".repeat(129)] {
        let text = spell(&header(), &with(claims(), "jti", json!(jti)));
        assert!(Proof::read(&text).is_err());
    }
}

#[test]
fn every_claim_has_to_fit_the_request() {
    let check = |claims: Value| proof(&claims).check(&REQUEST, 1_000_000);
    assert_eq!(check(claims()), Ok(()));
    assert_eq!(
        check(with(claims(), "htm", json!("GET"))),
        Err(DpopError::Method)
    );
    for (htu, fits) in [
        ("https://shop.example:443/a?b#c", true),
        ("HTTPS://Shop.Example/a", true),
        ("https://shop.example/A", false),
        ("https://shop.example", false),
        ("http://shop.example/a", false),
        ("https://evil.example/a", false),
        ("https://shop.example.evil/a", false),
        ("/a", false),
    ] {
        let told = check(with(claims(), "htu", json!(htu)));
        assert_eq!(told.is_ok(), fits, "{htu}: {told:?}");
    }
    for (iat, fits) in [
        (940.0, true),
        (1060.0, true),
        (939.0, false),
        (1061.5, false),
    ] {
        let told = check(with(claims(), "iat", json!(iat)));
        assert_eq!(told.is_ok(), fits, "{iat}: {told:?}");
    }
}

#[test]
fn the_ticket_is_named_always_by_programs_and_rightly_by_pages() {
    let named = with(claims(), "ath", json!(ticket_hash("ticket")));
    let wrong = with(claims(), "ath", json!(ticket_hash("another")));
    let bearer = Request {
        bearer: REQUEST.ticket,
        ..REQUEST
    };
    for (claims, request, fits) in [
        (&named, &REQUEST, true),
        (&wrong, &REQUEST, false),
        (&claims(), &REQUEST, true),
        (&named, &bearer, true),
        (&wrong, &bearer, false),
        (&claims(), &bearer, false),
    ] {
        let told = proof(claims).check(request, 1_000_000);
        assert_eq!(told.is_ok(), fits, "{claims}");
    }
}

#[test]
fn where_no_origin_is_configured_the_path_counts() {
    let request = Request {
        origin: None,
        ..REQUEST
    };
    assert_eq!(proof(&claims()).check(&request, 1_000_000), Ok(()));
    let elsewhere = with(claims(), "htu", json!("https://shop.example/b"));
    assert!(proof(&elsewhere).check(&request, 1_000_000).is_err());
}

#[test]
fn another_name_is_another_proof() {
    let other = with(claims(), "jti", json!("two"));
    assert_ne!(proof(&claims()).once(), proof(&other).once());
}

proptest! {
    #[test]
    fn garbage_is_no_proof(text in "\\PC{0,300}") {
        prop_assert!(Proof::read(&text).is_err());
    }
}
