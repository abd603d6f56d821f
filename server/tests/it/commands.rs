//! The commands beside `serve`, on the system that runs.

use crate::harness::Edge;
use protocol::Phase;

fn words(output: &std::process::Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sale_is_steered_from_the_command_line() {
    let edge = Edge::start().await;
    let created = edge.command(&[
        "sale",
        "create",
        "drop",
        "--title",
        "A drop",
        "--units",
        "7",
        "--price",
        "500",
        "--opens-in",
        "600",
    ]);
    let created = words(&created);
    let policy = "drop is announced\non_entry: nobody said how many people are expected: cards are held as they come";
    assert!(created.starts_with(policy), "{created}");
    edge.until("the edge has found it", async || {
        (edge.get("/api/v1/sales/drop/status").await.status == 200).then_some(())
    })
    .await;
    edge.until_phase("drop", Phase::Lobby).await;
    assert!(words(&edge.command(&["sale", "list"])).contains("A drop"));
    assert_eq!(
        words(&edge.command(&["sale", "pause", "drop", "--message", "Back soon."])),
        "drop is paused\n"
    );
    assert_eq!(
        edge.until_phase("drop", Phase::Paused)
            .await
            .message
            .as_deref(),
        Some("Back soon.")
    );
    assert_eq!(
        words(&edge.command(&["sale", "resume", "drop"])),
        "drop is lobby\n"
    );
    let edited = edge.command(&[
        "sale",
        "edit",
        "drop",
        "--title",
        "Another drop",
        "--opens-in",
        "900",
    ]);
    assert_eq!(words(&edited), "drop is changed: Another drop\n");
    assert_eq!(
        words(&edge.command(&["sale", "rate", "drop", "50"])),
        "drop is lobby\n"
    );
    words(&edge.command(&["sale", "open", "drop"]));
    edge.until_phase("drop", Phase::Open).await;
    assert_eq!(
        words(&edge.command(&["sale", "end", "drop"])),
        "drop is closed\n"
    );
    let acts = words(&edge.command(&["sale", "acts", "drop"]));
    let names: Vec<&str> = acts
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1))
        .collect();
    let expected = [
        "end", "open", "rate", "reword", "open_at", "resume", "pause", "announce",
    ];
    assert_eq!(names, expected, "{acts}");
    edge.until_phase("drop", Phase::Closed).await;

    let again = edge.command(&["sale", "open", "drop"]);
    assert!(!again.status.success());
    assert!(String::from_utf8_lossy(&again.stderr).contains("the sale is closed"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_says_whether_all_is_in_order() {
    let edge = Edge::start().await;
    edge.announces("one", 1).await;
    let report: serde_json::Value =
        serde_json::from_str(&words(&edge.command(&["audit", "--json"]))).unwrap();
    assert_eq!((&report["ok"], &report["free"]), (&true.into(), &1.into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_system_is_audited_as_far_as_it_can_be_seen() {
    let mut edge = Edge::start().await;
    edge.announces("one", 1).await;
    let table = words(&edge.command(&["audit", "one"]));
    assert!(table.contains("one: in order"), "{table}");
    assert!(table.contains("never oversell"), "{table}");
    assert_eq!(
        words(&edge.command(&["reconcile"])),
        "one: nothing to repair\n"
    );
    edge.ends();
    let report: serde_json::Value =
        serde_json::from_str(&words(&edge.command(&["audit", "one", "--json"]))).unwrap();
    assert_eq!(report["ok"], true, "{report}");
    assert_eq!(report["unseen"].as_array().unwrap().len(), 2, "{report}");
    assert!(!edge.command(&["reconcile"]).status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn anyone_recomputes_the_draw_from_what_is_published() {
    let edge = Edge::start().await;
    edge.announces("one", 1).await;
    let early = edge.command(&["verify-draw", "one", "--url", &edge.url]);
    assert!(!early.status.success());
    for _ in 0..5 {
        edge.joins("one").await;
    }
    edge.acts("one", "open").await;
    edge.until_phase("one", Phase::Open).await;
    let told = words(&edge.command(&["verify-draw", "one", "--url", &edge.url, "--number", "3"]));
    assert!(
        told.contains("the draw is in order") && told.contains("5 tickets"),
        "{told}"
    );
    let rank = edge
        .status("one")
        .await
        .rank_of(protocol::TicketNumber(3))
        .unwrap();
    let number_3 = format!("number 3 has rank {rank}");
    assert!(told.contains(&number_3), "{told}");

    let independent = std::process::Command::new("python3")
        .args(["-c", &script_of_the_fairness_page(), &edge.url, "one", "3"])
        .output()
        .expect("python3 is installed (make install)");
    let told = words(&independent);
    assert!(
        told.contains("in order: 5 tickets") && told.contains(&number_3),
        "{told}"
    );
}

/// The Python that docs/FAIRNESS.md gives to auditors.
fn script_of_the_fairness_page() -> String {
    let page = include_str!("../../../docs/FAIRNESS.md");
    let (_, script) = page.split_once("```python\n").unwrap();
    script.split_once("```").unwrap().0.to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_edges_never_share_a_data_directory() {
    let edge = Edge::start().await;
    let second = edge.command(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(!second.status.success());
    assert!(String::from_utf8_lossy(&second.stderr).contains("another sluice runs"));
}

#[test]
fn a_test_build_says_so_and_nothing_else_turns_failpoints_on() {
    let version = std::process::Command::new(env!("CARGO_BIN_EXE_sluice"))
        .arg("--version")
        .output()
        .unwrap();
    assert!(words(&version).contains("failpoints"));

    // What a release is built from: the same packages without their tests.
    let tree = std::process::Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--prefix", "none"])
        .args([
            "--package",
            "server",
            "--package",
            "herd",
            "--package",
            "bench",
        ])
        .args(["--edges", "normal,build", "--format", "{p} {f}"])
        .output()
        .unwrap();
    let tree = words(&tree);
    assert!(tree.contains("engine v"), "{tree}");
    assert!(!tree.contains("failpoints"), "{tree}");
}

#[test]
fn the_help_is_what_was_agreed() {
    for arguments in [
        &["--help"][..],
        &["serve", "--help"],
        &["worker", "--help"],
        &["sale", "--help"],
        &["sale", "edit", "--help"],
        &["audit", "--help"],
        &["reconcile", "--help"],
        &["verify-draw", "--help"],
    ] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_sluice"))
            .args(arguments)
            .output()
            .unwrap();
        insta::assert_snapshot!(
            arguments.join(" "),
            String::from_utf8(output.stdout).unwrap()
        );
    }
}
