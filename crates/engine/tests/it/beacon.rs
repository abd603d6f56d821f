//! A public beacon in the draw: it waits for a value that nobody knew before, and is never made without.

use crate::harness::{Shop, until};
use engine::sale::Act;
use protocol::digest::{from_hex, to_hex};
use protocol::transcript::Entry;
use protocol::{Phase, draw, verify};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const VALUE: [u8; 32] = [0xab; 32];

/// A beacon on loopback; it has no value until it is told to.
struct Beacon {
    url: String,
    shines: Arc<AtomicBool>,
}

impl Beacon {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/public/{{round}}", listener.local_addr().unwrap());
        let shines = Arc::new(AtomicBool::new(false));
        let shining = Arc::clone(&shines);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = [0; 1024];
                let read = stream.read(&mut head).await.unwrap_or_default();
                let asked = String::from_utf8_lossy(&head[..read]).into_owned();
                let path = asked.split(' ').nth(1).unwrap_or_default();
                let round = path.rsplit('/').next().unwrap_or_default();
                let (status, body) = match shining.load(Ordering::Relaxed) {
                    true => (
                        "200 OK",
                        format!(
                            "{{\"round\":{round},\"randomness\":\"{}\"}}",
                            to_hex(&VALUE)
                        ),
                    ),
                    false => ("425 Too Early", String::new()),
                };
                let length = body.len();
                let answer = format!(
                    "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
                );
                drop(stream.write_all(answer.as_bytes()).await);
            }
        });
        Self { url, shines }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_draw_waits_for_the_beacon_and_holds_its_value() {
    let beacon = Beacon::start().await;
    let shop = Shop::with_beacon(1, beacon.url.clone()).await;
    for _ in 0..5 {
        shop.joins().await;
    }
    let announced = shop.snapshot().draw.beacon_url;
    assert!(announced.is_some_and(|url| !url.contains("{round}")));

    shop.engine.act(&shop.sale, Act::Open, "").await.unwrap();
    let waits = until("the page says what the draw waits for", async || {
        Some(shop.snapshot()).filter(|seen| seen.message.is_some())
    })
    .await;
    assert_eq!((waits.phase, waits.draw.seed), (Phase::Lobby, None));
    assert!(waits.message.unwrap().contains("public random number"));

    beacon.shines.store(true, Ordering::Relaxed);
    let drawn = shop.until_phase(Phase::Open).await.draw;
    assert_eq!(drawn.beacon, Some(to_hex(&VALUE)));
    let read = |text: &Option<String>| from_hex::<32>(text.as_deref().unwrap()).unwrap();
    let seed = draw::seed(&read(&drawn.secret), &read(&drawn.transcript), 5, &VALUE);
    assert_eq!(drawn.seed, Some(to_hex(&seed)));
    let published = shop.engine.transcript(&shop.sale).await.unwrap();
    let entries: Vec<Entry> = published
        .iter()
        .map(|entry| Entry {
            first: entry.first,
            count: entry.count,
            root: from_hex(&entry.root).unwrap(),
        })
        .collect();
    assert!(verify::draw(&drawn, &entries).is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_forgot_gets_the_same_draw_back() {
    let beacon = Beacon::start().await;
    beacon.shines.store(true, Ordering::Relaxed);
    let mut shop = Shop::with_beacon(1, beacon.url.clone()).await;
    shop.joins().await;
    shop.opens().await;
    let before = shop.snapshot().draw;
    shop.redis.kill_and_forget().await;
    let after = until("the sale was rebuilt", async || {
        Some(shop.snapshot()).filter(|seen| seen.epoch > 1 && seen.phase == Phase::Open)
    })
    .await
    .draw;
    assert_eq!((after.beacon, after.seed), (before.beacon, before.seed));
}
