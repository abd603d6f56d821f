//! The journal: what the bank knows after its process was killed.

use std::{fs::OpenOptions, io::Write, path::Path};

use psp::{Error, Settings, Simulator};

use crate::harness::{Provider, hold};

fn open(file: &Path) -> Provider {
    Provider::with(settings(file))
}

fn settings(file: &Path) -> Settings {
    Settings {
        data: Some(file.to_owned()),
        ..Settings::default()
    }
}

#[tokio::test]
async fn the_bank_remembers_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("new/bank.jsonl");
    let provider = open(&file);
    let path = "/v1/payment_intents";
    let form = hold("s", "pm_card_visa");
    let held = provider.post_with_key("held", path, &form).await;
    let declined_form = hold("s", "pm_card_chargeDeclined");
    let declined = provider.post_with_key("no", path, &declined_form).await;
    let captured = provider.authorize("s", "4242424242424242").await.id();
    provider.capture(&captured).await;
    let refund = provider
        .post("/v1/refunds", &format!("payment_intent={captured}"))
        .await;
    let method = provider.save_card("4242424242424242").await;
    let list = provider.get(path).await.text;
    let summary = provider.summary("s").await;
    drop(provider);

    let provider = open(&file);
    assert_eq!(provider.get(path).await.text, list);
    assert_eq!(provider.summary("s").await, summary);
    let refund_path = format!("/v1/refunds/{}", refund.id());
    assert_eq!(provider.get(&refund_path).await.text, refund.text);
    for (key, form, answer) in [("held", &form, &held), ("no", &declined_form, &declined)] {
        let replay = provider.post_with_key(key, path, form).await;
        assert_eq!(replay.text, answer.text);
        assert_eq!(replay.header("idempotent-replayed"), "true");
    }
    let used = provider.post(path, &hold("s", &method.id())).await;
    assert_eq!(used.state(), "requires_capture");
}

#[tokio::test]
async fn an_answer_is_replayed_as_it_was_after_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bank.jsonl");
    let provider = open(&file);
    let form = hold("s", "pm_card_visa");
    let path = "/v1/payment_intents";
    let held = provider.post_with_key("k", path, &form).await;
    provider.cancel(&held.id()).await;
    drop(provider);
    let provider = open(&file);
    let replay = provider.post_with_key("k", path, &form).await;
    assert_eq!(replay.text, held.text);
    assert_eq!(provider.intent(&held.id()).await.state(), "canceled");
}

#[tokio::test]
async fn a_torn_last_line_is_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bank.jsonl");
    let provider = open(&file);
    let first = provider.authorize("s", "4242424242424242").await.id();
    drop(provider);
    let mut torn = OpenOptions::new().append(true).open(&file).expect("open");
    torn.write_all(b"{\"intent\":{\"id\":\"pi_").expect("write");
    drop(torn);

    let provider = open(&file);
    let second = provider.authorize("s", "4242424242424242").await.id();
    drop(provider);
    let provider = open(&file);
    for id in [first, second] {
        assert_eq!(provider.intent(&id).await.state(), "requires_capture");
    }
}

#[test]
fn a_damaged_journal_is_not_guessed_at() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bank.jsonl");
    std::fs::write(&file, "{}\nnonsense\n{}\n").expect("write");
    let opened = Simulator::open(settings(&file));
    assert!(matches!(opened, Err(Error::JournalDamaged { line: 2, .. })));
}

#[test]
fn two_simulators_never_share_a_journal() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bank.jsonl");
    let _first = Simulator::open(settings(&file)).expect("it opens");
    let second = Simulator::open(settings(&file));
    assert!(matches!(second, Err(Error::JournalInUse { .. })));
}

#[tokio::test]
async fn no_card_number_is_written_down() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bank.jsonl");
    let provider = open(&file);
    provider.authorize("s", "4242424242424242").await;
    let written = std::fs::read_to_string(&file).expect("read");
    assert!(written.contains("4242") && !written.contains("42424242"));
}
