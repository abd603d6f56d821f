//! Buy, clicked by more people than there are units, on a real server: `herd buys` in small.

use std::process::Command;

#[test]
fn every_unit_is_sold_once_and_everybody_else_is_told() {
    let output = Command::new(env!("CARGO_BIN_EXE_herd"))
        .args([
            "buys", "--passes", "600", "--units", "40", "--clicks", "200",
        ])
        .args(["--connections", "200", "--json"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}\n{why}");
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(
        (
            &report["orders"],
            &report["ledger_orders"],
            &report["errors"]
        ),
        (&40.into(), &40.into(), &0.into()),
        "{report}"
    );
    let heard = report["answers"].as_object().unwrap();
    let sold_out = heard.get("409 /problems/sold_out");
    assert_eq!((heard.len(), sold_out), (2, Some(&560.into())), "{report}");
    assert_eq!(
        (&report["clicks_of_one"], &report["bodies_of_one"]),
        (&200.into(), &1.into())
    );
}
