//! Somebody else's CAPTCHA: who is believed, and what counts when nobody is.

use super::weights;
use crate::harness::Shop;
use engine::gate::Provider;
use engine::{CaptchaSettings, Error};
use protocol::wire::{CaptchaKind, JoinRequest};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

/// A service that answers every question with this body, or not at all.
async fn service(body: Option<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let mut silent = Vec::new();
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let Some(body) = &body else {
                silent.push(stream);
                continue;
            };
            let mut asked = vec![0; 4096];
            let mut length = 0;
            while !String::from_utf8_lossy(&asked[..length]).contains("remoteip=") {
                length += stream.read(&mut asked[length..]).await.unwrap();
            }
            let asked = String::from_utf8_lossy(&asked[..length]).into_owned();
            let good = asked.contains("secret=s3cret") && asked.contains("response=good");
            let body = if good {
                body.as_str()
            } else {
                "{\"success\":false}"
            };
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream
                .write_all(&[head.as_bytes(), body.as_bytes()].concat())
                .await
                .unwrap();
        }
    });
    url
}

fn by(provider: Provider, verify_url: String) -> CaptchaSettings {
    CaptchaSettings {
        provider,
        site_key: "s1te".into(),
        secret: "s3cret".into(),
        hostname: "shop.example".into(),
        verify_url,
        timeout_ms: 300,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_is_believed_when_it_names_our_host_and_the_token_is_fresh() {
    let reply = |hostname: &str, at: &str| {
        Some(format!(
            "{{\"success\":true,\"hostname\":\"{hostname}\",\"action\":\"join\",\"challenge_ts\":\"{at}\"}}"
        ))
    };
    let fresh = || {
        time::OffsetDateTime::from_unix_timestamp((crate::harness::now() / 1000) as i64)
            .unwrap()
            .format(&time::format_description::well_known::Rfc3339)
            .unwrap()
    };
    for provider in [Provider::Turnstile, Provider::Hcaptcha, Provider::Recaptcha] {
        for (what, reply, token, is_believed) in [
            ("good", reply("shop.example", &fresh()), "good", true),
            (
                "a token that it does not know",
                reply("shop.example", &fresh()),
                "bad",
                false,
            ),
            (
                "another host",
                reply("evil.example", &fresh()),
                "good",
                false,
            ),
            (
                "stale",
                reply("shop.example", "2020-01-01T00:00:00Z"),
                "good",
                false,
            ),
        ] {
            let settings = by(provider, service(reply).await);
            let shop = Shop::asking(1, weights(), settings).await;
            let join = shop.grey();
            let captcha = shop.looks(&join, None).await.unwrap();
            assert_eq!(captcha.service.as_ref().unwrap().site_key, "s1te");
            let answer = shop.answers(&captcha, token).await;
            assert_eq!(
                answer.is_ok(),
                is_believed,
                "{provider:?}, {what}: {answer:?}"
            );
            if let Ok(seal) = answer {
                let captcha = Some(seal);
                assert!(
                    shop.tries_to_join(&JoinRequest { captcha, ..join })
                        .await
                        .unwrap()
                );
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_is_silent_or_talks_nonsense_lets_nobody_in_and_a_picture_does() {
    for reply in [None, Some("<html>".to_owned())] {
        let settings = by(Provider::Turnstile, service(reply).await);
        let shop = Shop::asking(1, weights(), settings).await;
        let join = shop.grey();
        let captcha = shop.looks(&join, None).await.unwrap();
        let asking = shop.answers(&captcha, "good");
        let silent = tokio::time::timeout(Duration::from_secs(10), asking)
            .await
            .unwrap();
        assert!(
            matches!(silent, Err(Error::CaptchaServiceSilent)),
            "{silent:?}"
        );
        let picture = shop.looks(&join, Some(CaptchaKind::Image)).await.unwrap();
        let seal = shop.answers(&picture, &shop.knows(&picture)).await.unwrap();
        let captcha = Some(seal);
        assert!(
            shop.tries_to_join(&JoinRequest { captcha, ..join })
                .await
                .unwrap()
        );
    }
}
