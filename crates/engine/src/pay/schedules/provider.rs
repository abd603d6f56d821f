//! The simulator that the cases share, and the cards that are known there.

use super::town::SECRET;
use tokio_util::sync::CancellationToken;

/// On a runtime of its own: no case can slow it down by dying.
pub(super) fn simulator(stop: CancellationToken) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            psp::serve(listener, psp::Settings::default(), stop)
                .await
                .unwrap();
        });
    });
    url
}

pub(super) async fn card(http: &reqwest::Client, psp_url: &str, number: &str) -> String {
    let form = [
        ("type", "card"),
        ("card[number]", number),
        ("card[exp_month]", "12"),
        ("card[exp_year]", "2040"),
        ("card[cvc]", "123"),
    ];
    let saving = http
        .post(format!("{psp_url}/v1/payment_methods"))
        .bearer_auth(SECRET)
        .form(&form);
    let saved: serde_json::Value = saving.send().await.unwrap().json().await.unwrap();
    saved["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{saved}"))
        .to_owned()
}
