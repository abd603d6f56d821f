//! Bots beside a crowd, on a real server: `herd adversary` in small.

use serde_json::Value;
use std::process::Command;

/// Holds contests, and brings back the rows of the result.
fn contests(more: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_herd"))
        .args(["adversary", "--seeds", "2", "--json", "--quiet"])
        .args(more)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let why = String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value =
        serde_json::from_str(&said).unwrap_or_else(|error| panic!("{error}: {said}\n{why}"));
    // The exit code says whether bots were held; so small a sale is decided by one ticket.
    assert_eq!(Value::Bool(output.status.success()), report["ok"]);
    report["rows"].as_array().unwrap().clone()
}

fn number(row: &Value, name: &str) -> f64 {
    row[name]["mean"].as_f64().unwrap()
}

mod heavy {
    use super::*;

    #[test]
    fn without_layers_bots_take_the_units_and_with_all_they_do_not() {
        let sale = ["--honest", "60", "--units", "10"];
        let which = ["--layers", "none,all", "--attackers", "script,fleet"];
        let rows = contests(&[&sale[..], &which[..]].concat());
        assert_eq!(rows.len(), 4);
        let of = |attacker: &str, layers: &str| {
            let mut found = rows.iter();
            found
                .find(|row| row["attacker"] == attacker && row["layers"] == layers)
                .unwrap()
        };
        for attacker in ["script", "fleet"] {
            let (none, all) = (of(attacker, "none"), of(attacker, "all"));
            assert!(number(none, "bots_share") > 0.3, "{none}");
            assert!(
                number(all, "bots_share") < number(none, "bots_share"),
                "{all}"
            );
            for row in [none, all] {
                assert_eq!(number(row, "honest_refused"), 0.0, "{row}");
            }
        }
        // It has no solver, and the fleet no more than its network allows.
        assert_eq!(number(of("script", "all"), "bots_tickets"), 0.0);
        let fleet = of("fleet", "all");
        assert!(number(fleet, "bots_wins") <= number(fleet, "bots_tickets"));
        assert!(number(fleet, "bots_tickets") <= 5.0, "{fleet}");
    }

    #[test]
    fn a_server_starts_with_every_set_of_layers_and_sells() {
        let rows = contests(&["--honest", "10", "--units", "1", "--attackers", "script"]);
        assert_eq!(rows.len(), 12);
        for row in &rows {
            assert!(row["bots_share"]["mean"].is_number(), "{row}");
            assert_eq!(number(row, "honest_refused"), 0.0, "{row}");
        }
    }
}
