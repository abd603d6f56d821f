//! A shop that is not ours checks a pass with the text that the documentation gives it.

use crate::harness::Edge;
use std::process::Command;

#[tokio::test(flavor = "multi_thread")]
async fn the_documented_example_lets_a_pass_in_once_and_no_other() {
    let edge = Edge::start().await;
    for sale in ["one", "two"] {
        edge.announces(sale, 1).await;
    }
    let mut passes = Vec::new();
    for sale in ["one", "two"] {
        let ticket = edge.joins(sale).await;
        edge.acts(sale, "open").await;
        passes.push(edge.pass(sale, &ticket).await);
    }
    let [ours, elsewhere] = passes.try_into().unwrap();
    // The first character of the signature: the last one has bits that mean nothing.
    let mut forged = ours.clone();
    let at = ours.rfind('.').unwrap() + 1;
    let other = if ours[at..].starts_with('A') {
        "B"
    } else {
        "A"
    };
    forged.replace_range(at..=at, other);
    let unsigned = {
        let claims = ours.split('.').nth(1).unwrap();
        format!("eyJhbGciOiJub25lIn0.{claims}.")
    };

    let directory = tempfile::tempdir().unwrap();
    let script = directory.path().join("gate.mjs");
    std::fs::write(&script, script_of_the_page()).unwrap();
    let told = Command::new("node")
        .arg(&script)
        .args([
            &edge.url, "one", &forged, &unsigned, &elsewhere, &ours, &ours,
        ])
        .output()
        .expect("node is installed");
    assert_eq!(
        String::from_utf8_lossy(&told.stdout),
        "false\nfalse\nfalse\ntrue\nfalse\n",
        "{}",
        String::from_utf8_lossy(&told.stderr)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_keys_hold_nothing_private() {
    let edge = Edge::start().await;
    let set = edge.get("/.well-known/jwks.json").await.body;
    let keys = set["keys"].as_array().unwrap();
    assert!(!keys.is_empty());
    for key in keys {
        let mut members: Vec<_> = key
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "crv", "kid", "kty", "use", "x"]);
        assert_eq!(
            (
                key["kty"].as_str(),
                key["crv"].as_str(),
                key["alg"].as_str()
            ),
            (Some("OKP"), Some("Ed25519"), Some("EdDSA"))
        );
    }
}

/// The JavaScript that docs/WAITING-ROOM-ALONE.md gives to other shops.
fn script_of_the_page() -> String {
    let page = include_str!("../../../docs/WAITING-ROOM-ALONE.md");
    let (_, script) = page.split_once("```js\n").unwrap();
    script.split_once("```").unwrap().0.to_owned()
}
