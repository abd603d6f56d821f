//! What is noticed about an arrival makes its puzzle dearer, refuses nobody, and is forgotten.

use crate::harness::{BROWSER, PLAIN, Shop, now, until};
use engine::Error;
use engine::gate::{Caller, Headers, Reason, Weights};
use protocol::challenge::Challenge;
use protocol::digest::{from_hex, to_hex};
use protocol::proof;
use protocol::wire::{ChallengeAnswer, ChallengeRequest, JoinRequest, Mark};
use sqlx::any::AnyPoolOptions;
use std::net::IpAddr;

const DAY_MS: u64 = 24 * 3_600_000;

fn weights() -> Weights {
    use Reason::{DeviceCrowded, Honeypot, NetworkCrowded, NotABrowser, SignalsRefused, Webdriver};
    Weights(
        [
            (Webdriver, 60),
            (SignalsRefused, 35),
            (NotABrowser, 40),
            (DeviceCrowded, 29),
            (NetworkCrowded, 30),
            (Honeypot, 60),
        ]
        .into(),
    )
}

fn device(byte: u8) -> ChallengeRequest {
    ChallengeRequest {
        device: to_hex(&[byte; 32]),
        ..ChallengeRequest::default()
    }
}

fn driven(byte: u8) -> ChallengeRequest {
    ChallengeRequest {
        marks: vec![Mark::Webdriver],
        ..device(byte)
    }
}

impl Shop {
    fn asks(&self, request: &ChallengeRequest, caller: &Caller<'_>) -> ChallengeAnswer {
        self.engine.challenge(&self.sale, request, *caller).unwrap()
    }

    /// Is more work asked for than usual?
    fn is_dearer(&self, answer: &ChallengeAnswer) -> bool {
        let gate = &self.engine.settings.gate;
        let work = |rounds: u8, difficulty: u8| u64::from(rounds) << difficulty;
        work(answer.rounds, answer.difficulty) > work(gate.rounds, gate.difficulty)
    }

    fn suspicion(&self, answer: &ChallengeAnswer) -> u8 {
        let sealed = Challenge::open(&self.engine.keys, &answer.challenge).unwrap();
        assert_eq!(sealed.difficulty, answer.difficulty);
        sealed.suspicion
    }

    async fn is_let_in(&self, request: &ChallengeRequest, answer: &ChallengeAnswer) {
        let seed = from_hex(&answer.seed).unwrap();
        let mut join = JoinRequest {
            challenge: answer.challenge.clone(),
            nonces: proof::solve(&seed, answer.rounds, answer.difficulty),
            device: request.device.clone(),
            key: None,
            captcha: None,
        };
        if answer.captcha {
            join = self.sealed(join).await;
        }
        let (_, new) = self.engine.join(&self.sale, &join, &PLAIN).await.unwrap();
        assert!(new);
    }

    /// Every row of every table of the ledger, as text: bytes in hexadecimal.
    async fn whole_ledger(&self) -> String {
        let pool = AnyPoolOptions::new()
            .max_connections(1)
            .connect(&self.database.url)
            .await
            .unwrap();
        let postgres = self.database.url.starts_with("postgres");
        let text = |query: String| {
            let pool = pool.clone();
            async move {
                let rows: Vec<Option<String>> = sqlx::query_scalar(sqlx::AssertSqlSafe(query))
                    .fetch_all(&pool)
                    .await
                    .unwrap();
                rows.into_iter().flatten().collect::<Vec<_>>()
            }
        };
        let tables = text(match postgres {
            true => "SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'".into(),
            false => "SELECT name FROM sqlite_master WHERE type = 'table'".into(),
        })
        .await;
        assert!(tables.iter().any(|table| table == "decisions"));
        let mut all = String::new();
        for table in tables {
            let row = match postgres {
                true => "t::text".to_owned(),
                false => {
                    let columns = text(format!("SELECT name FROM pragma_table_info('{table}')"));
                    let quoted = columns.await;
                    let quoted = quoted.iter().map(|name| format!("quote(\"{name}\")"));
                    quoted.collect::<Vec<_>>().join(" || ' ' || ")
                }
            };
            all += &text(format!("SELECT {row} FROM {table} t"))
                .await
                .join("\n");
        }
        all.to_lowercase()
    }

    /// Every key and value in Redis, in hexadecimal.
    async fn whole_redis(&self) -> String {
        let mut all = String::new();
        for address in self.redis.addresses() {
            all += &whole_server(&address).await;
        }
        assert!(!all.is_empty());
        all
    }
}

async fn whole_server(address: &str) -> String {
    let client = redis::Client::open(address).unwrap();
    let mut redis = client.get_multiplexed_async_connection().await.unwrap();
    let keys: Vec<Vec<u8>> = redis::cmd("KEYS")
        .arg("*")
        .query_async(&mut redis)
        .await
        .unwrap();
    let mut all = String::new();
    for key in keys {
        let kind: String = redis::cmd("TYPE")
            .arg(&key)
            .query_async(&mut redis)
            .await
            .unwrap();
        let mut read = match kind.as_str() {
            "string" => redis::cmd("GET"),
            "hash" => redis::cmd("HGETALL"),
            "set" => redis::cmd("SMEMBERS"),
            "list" => redis::cmd("LRANGE"),
            "zset" => redis::cmd("ZRANGE"),
            other => panic!("a key of type {other}"),
        };
        read.arg(&key);
        if ["list", "zset"].contains(&kind.as_str()) {
            read.arg(0).arg(-1);
        }
        let values: Vec<Vec<u8>> = match kind.as_str() {
            "string" => vec![read.query_async(&mut redis).await.unwrap()],
            _ => read.query_async(&mut redis).await.unwrap(),
        };
        for bytes in [vec![key], values].concat() {
            all += &to_hex(&bytes);
            all.push(' ');
        }
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_identical_phones_in_networks_of_their_own_are_asked_for_no_more() {
    let shop = Shop::suspecting(1, weights()).await;
    for phone in 0..1000u32 {
        let [_, _, high, low] = phone.to_be_bytes();
        let caller = Caller {
            address: IpAddr::from([100, high, low, 7]),
            ..BROWSER
        };
        let answer = shop.asks(&device(1), &caller);
        assert!(!shop.is_dearer(&answer), "phone {phone}");
        assert_eq!(shop.suspicion(&answer), 0, "phone {phone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_identical_phones_behind_one_address_are_noticed_and_pay_no_more() {
    let shop = Shop::suspecting(1, weights()).await;
    let crowd = shop.engine.settings.gate.device_crowd;
    for phone in 0..1000 {
        let answer = shop.asks(&device(1), &BROWSER);
        assert!(!shop.is_dearer(&answer), "phone {phone}");
        let noticed = shop.suspicion(&answer) > 0;
        assert_eq!(noticed, phone >= crowd, "phone {phone}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_asks_for_more_than_its_share_is_asked_a_captcha_and_others_are_not() {
    let shop = Shop::suspecting(1, weights()).await;
    // The harness's budget of an address.
    let share = 1000;
    let mut seen = Vec::new();
    for n in 0..share + 50u32 {
        // A device for each of them: it is the network that is crowded.
        let request = ChallengeRequest {
            device: to_hex(&protocol::digest::tagged(
                "test/device",
                &[&n.to_be_bytes()],
            )),
            ..ChallengeRequest::default()
        };
        let answer = shop.asks(&request, &BROWSER);
        seen.push(answer.captcha);
        if n == share + 49 {
            assert!(shop.is_dearer(&answer));
            shop.is_let_in(&request, &answer).await;
        }
    }
    let clear = seen.iter().filter(|captcha| !**captcha).count() as u32;
    // A little comes back while they ask.
    assert!((share..share + 40).contains(&clear), "{clear} were clear");
    assert!(seen.is_sorted(), "{seen:?}");
    let elsewhere = Caller {
        address: IpAddr::from([198, 51, 100, 7]),
        ..BROWSER
    };
    assert!(!shop.asks(&device(1), &elsewhere).captcha);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_suspicious_pays_more_and_gets_a_place_all_the_same() {
    let shop = Shop::suspecting(1, weights()).await;
    let refuses = ChallengeRequest::default();
    let program = Caller {
        headers: Headers::default(),
        ..BROWSER
    };
    let strayed = Caller {
        strayed: true,
        ..BROWSER
    };
    let filled = ChallengeRequest {
        website: "https://bot.example".into(),
        ..driven(6)
    };
    for (what, request, caller, suspicion) in [
        ("nothing", device(1), BROWSER, 0),
        ("a mark", driven(2), BROWSER, 60),
        ("no signals", refuses, BROWSER, 35),
        ("a program", device(3), program, 40),
        ("a mark and a program", driven(4), program, 100),
        ("a link that nobody sees", device(5), strayed, 60),
        ("a field that nobody sees, and a mark", filled, BROWSER, 100),
    ] {
        let answer = shop.asks(&request, &caller);
        assert_eq!(shop.suspicion(&answer), suspicion, "{what}");
        assert_eq!(shop.is_dearer(&answer), suspicion > 0, "{what}");
        assert_eq!(answer.captcha, suspicion > 0, "{what}");
        shop.is_let_in(&request, &answer).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_reads_why_and_clears_who_was_wronged() {
    let shop = Shop::suspecting(1, weights()).await;
    let strayed = Caller {
        strayed: true,
        ..BROWSER
    };
    for _ in 0..3 {
        let _ = shop.asks(&driven(1), &strayed);
    }
    let _ = shop.asks(&driven(2), &BROWSER);
    let _ = shop.asks(&device(3), &BROWSER);
    let decisions = until("both shoppers are in the log", async || {
        let read = shop.engine.decisions(&shop.sale, 0).await.unwrap();
        Some(read).filter(|read| read.len() == 2)
    })
    .await;
    let one = decisions.iter().find(|d| d.suspicion == 100).unwrap();
    assert_eq!(one.reasons, ["webdriver", "honeypot"]);
    assert_eq!((one.times, one.cleared), (3, false));

    let unknown = shop.engine.clear(&shop.sale, &"0".repeat(16)).await;
    assert!(
        matches!(unknown, Err(Error::Unprocessable(_))),
        "{unknown:?}"
    );
    let no_name = shop.engine.clear(&shop.sale, "somebody").await;
    assert!(
        matches!(no_name, Err(Error::Unprocessable(_))),
        "{no_name:?}"
    );
    shop.engine.clear(&shop.sale, &one.who).await.unwrap();
    until("nothing is held against them", async || {
        (shop.suspicion(&shop.asks(&driven(1), &strayed)) == 0).then_some(())
    })
    .await;
    // The other one is who they were.
    assert_eq!(shop.suspicion(&shop.asks(&driven(2), &BROWSER)), 60);
    for read in shop.engine.decisions(&shop.sale, 0).await.unwrap() {
        assert_eq!(read.cleared, read.who == one.who, "{read:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_kept_nowhere_its_name_in_the_sale_for_a_day() {
    let mut shop = Shop::suspecting(1, weights()).await;
    let request = driven(0xd7);
    let answer = shop.asks(&request, &BROWSER);
    shop.is_let_in(&request, &answer).await;
    let who = until("the decision is kept", async || {
        let mut read = shop.engine.decisions(&shop.sale, 0).await.unwrap();
        Some(read.pop()?.who)
    })
    .await;
    shop.engine.clear(&shop.sale, &who).await.unwrap();
    let (ledger, redis) = (shop.whole_ledger().await, shop.whole_redis().await);
    assert!(ledger.contains(&who));
    for (store, all) in [("ledger", &ledger), ("redis", &redis)] {
        assert!(!all.contains(&request.device), "{store}");
        assert!(
            !all.contains("127.0.0") && !all.contains(&to_hex(b"127.0.0")),
            "{store}"
        );
    }
    assert!(!redis.contains(&who) && !redis.contains(&to_hex(who.as_bytes())));

    shop.engine
        .act(&shop.sale, engine::sale::Act::End, "")
        .await
        .unwrap();
    shop.until_phase(protocol::Phase::Closed).await;
    assert!(shop.whole_ledger().await.contains(&who));
    shop.stops().await;
    let later = shop.edge_at(|| now() + DAY_MS).await;
    until("nothing of it is left", async || {
        (!shop.whole_ledger().await.contains(&who)).then_some(())
    })
    .await;
    assert!(later.decisions(&shop.sale, 0).await.unwrap().is_empty());
}
