//! A CAPTCHA is asked of who is above the clear band, after the work, three times at most, and for one place.
//! [`scarce`] is when few lie ready, [`services`] are those of others.

mod scarce;
mod services;

use crate::harness::{BROWSER, HERE, PLAIN, Shop, until};
use engine::gate::{Reason, Weights};
use engine::{Engine, Error};
use futures::future::join_all;
use protocol::digest::{from_hex, tagged, to_hex};
use protocol::proof;
use protocol::wire::{
    CaptchaAnswer, CaptchaKind, CaptchaRequest, CaptchaSolution, ChallengeRequest, JoinRequest,
    Mark,
};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

fn weights() -> Weights {
    Weights([(Reason::Webdriver, 60)].into())
}

impl Shop {
    /// A solved join of a driven browser, which lacks nothing but the seal.
    fn grey(&self) -> JoinRequest {
        let request = ChallengeRequest {
            device: to_hex(&[1; 32]),
            marks: vec![Mark::Webdriver],
            ..ChallengeRequest::default()
        };
        let asked = self
            .engine
            .challenge(&self.sale, &request, BROWSER)
            .unwrap();
        assert!(asked.captcha);
        let seed = from_hex(&asked.seed).unwrap();
        JoinRequest {
            challenge: asked.challenge,
            nonces: proof::solve(&seed, asked.rounds, asked.difficulty),
            device: request.device,
            key: None,
            captcha: None,
        }
    }

    async fn looks(
        &self,
        join: &JoinRequest,
        kind: Option<CaptchaKind>,
    ) -> Result<CaptchaAnswer, Error> {
        let request = look(join, kind);
        until("one lies ready", async || {
            let looked = self.engine.captcha(&self.sale, &request).await;
            (!matches!(looked, Err(Error::Busy))).then_some(looked)
        })
        .await
    }

    /// The answer, as only the shop can find it: by trying them all with its key.
    fn knows(&self, captcha: &CaptchaAnswer) -> String {
        let name = self
            .engine
            .keys
            .open("sluice/captcha-asked/v1", &captcha.captcha, |r| {
                let (_, challenge, _) = (r.bytes()?, r.array::<16>()?, r.number()?);
                Some((challenge, r.array::<32>()?))
            });
        let (challenge, name) = name.unwrap();
        let key = self.engine.keys.derive("sluice/captcha-answer-key/v1")[0];
        let named = |answer: &str| {
            tagged(
                "sluice/captcha-answer/v1",
                &[&key, &challenge, answer.as_bytes()],
            )
        };
        (11_111..=99_999)
            .map(|number: u32| number.to_string())
            .find(|answer| named(answer) == name)
            .unwrap()
    }

    /// The same join, with the seal of a CAPTCHA that was solved for it.
    pub(crate) async fn sealed(&self, join: JoinRequest) -> JoinRequest {
        let captcha = self.looks(&join, Some(CaptchaKind::Image)).await.unwrap();
        let seal = self.answers(&captcha, &self.knows(&captcha)).await.unwrap();
        JoinRequest {
            captcha: Some(seal),
            ..join
        }
    }

    async fn answers(&self, captcha: &CaptchaAnswer, answer: &str) -> Result<String, Error> {
        answers(&self.engine, self, captcha, answer).await
    }

    async fn tries_to_join(&self, join: &JoinRequest) -> Result<bool, Error> {
        let joining = self.engine.join(&self.sale, join, &PLAIN).await;
        joining.map(|(_, new)| new)
    }
}

fn look(join: &JoinRequest, kind: Option<CaptchaKind>) -> CaptchaRequest {
    CaptchaRequest {
        challenge: join.challenge.clone(),
        nonces: join.nonces.clone(),
        device: join.device.clone(),
        kind,
    }
}

async fn answers(
    engine: &Engine,
    shop: &Shop,
    captcha: &CaptchaAnswer,
    answer: &str,
) -> Result<String, Error> {
    let solution = CaptchaSolution {
        captcha: captcha.captcha.clone(),
        answer: answer.to_owned(),
    };
    let solved = engine.solve_captcha(&shop.sale, &solution, HERE).await;
    solved.map(|solved| solved.seal)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_answers_a_picture_or_a_sound_gets_a_place_and_nobody_else_does() {
    let shop = Shop::suspecting(1, weights()).await;
    for kind in [CaptchaKind::Image, CaptchaKind::Sound] {
        let join = shop.grey();
        let without = shop.tries_to_join(&join).await;
        assert!(
            matches!(without, Err(Error::CaptchaRequired)),
            "{without:?}"
        );
        let captcha = shop.looks(&join, Some(kind)).await.unwrap();
        assert_eq!(captcha.answer, None);
        let media = captcha.media.as_ref().unwrap();
        assert!(media.starts_with("data:") && media.len() > 1000);
        let answer = shop.knows(&captcha);
        let seal = shop
            .answers(&captcha, &format!(" {answer} "))
            .await
            .unwrap();

        // It is for this challenge: another one, solved as well, does not take it.
        let other = JoinRequest {
            captcha: Some(seal.clone()),
            ..shop.grey()
        };
        let carried = shop.tries_to_join(&other).await;
        assert!(
            matches!(carried, Err(Error::CaptchaRequired)),
            "{carried:?}"
        );
        for no_seal in [
            captcha.captcha.clone(),
            join.challenge.clone(),
            String::new(),
        ] {
            let forged = JoinRequest {
                captcha: Some(no_seal),
                ..join.clone()
            };
            let refused = shop.tries_to_join(&forged).await;
            assert!(
                matches!(refused, Err(Error::CaptchaRequired)),
                "{refused:?}"
            );
        }
        let sealed = JoinRequest {
            captcha: Some(seal),
            ..join
        };
        assert!(shop.tries_to_join(&sealed).await.unwrap());
    }
    until("both have a place", async || {
        (shop.snapshot().tail == 2).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_before_the_work_or_of_who_is_clear() {
    let shop = Shop::suspecting(1, weights()).await;
    let lazy = JoinRequest {
        nonces: vec![0; 4],
        ..shop.grey()
    };
    let refused = shop.looks(&lazy, Some(CaptchaKind::Image)).await;
    assert!(matches!(refused, Err(Error::ProofInvalid)), "{refused:?}");
    let clear = shop.solved(1);
    let refused = shop.looks(&clear, Some(CaptchaKind::Image)).await;
    assert!(
        matches!(refused, Err(Error::Unprocessable(_))),
        "{refused:?}"
    );
    assert!(shop.tries_to_join(&clear).await.unwrap());
    let join = shop.grey();
    for _ in 0..6 {
        shop.looks(&join, Some(CaptchaKind::Image)).await.unwrap();
    }
    let seventh = shop.looks(&join, Some(CaptchaKind::Sound)).await;
    assert!(matches!(seventh, Err(Error::CaptchaSpent)), "{seventh:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_picture_has_looked_at_none() {
    let shop = Shop::suspecting(1, weights()).await;
    let request = look(&shop.grey(), Some(CaptchaKind::Image));
    // An edge that has just started has hardly any, and twenty ask for each.
    let mut seen = 0;
    until("all looks are used up", async || {
        let asking = (0..20).map(|_| shop.engine.captcha(&shop.sale, &request));
        let mut is_spent = false;
        for looked in join_all(asking).await {
            match looked {
                Ok(_) => seen += 1,
                Err(Error::CaptchaSpent) => is_spent = true,
                Err(Error::Busy) => {}
                Err(error) => panic!("{error}"),
            }
        }
        is_spent.then_some(())
    })
    .await;
    assert_eq!(seen, 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_three_answers_not_even_the_right_one_counts_however_many_come_at_once() {
    let shop = Shop::suspecting(1, weights()).await;
    let other = shop.another_edge().await;
    until("the other edge knows the sale", async || {
        other.snapshot(&shop.sale).ok()
    })
    .await;
    let join = shop.grey();
    let captcha = shop.looks(&join, Some(CaptchaKind::Image)).await.unwrap();
    let right = shop.knows(&captcha);
    let guesses: Vec<String> = (0..300)
        .map(|guess| (20_000 + guess).to_string())
        .filter(|guess| *guess != right)
        .collect();
    let edges = [&shop.engine, &other];
    // An edge that is out of reach for a moment is asked again; it may have counted.
    let out_of_reach = AtomicBool::new(false);
    let guessing = guesses.iter().zip(edges.into_iter().cycle());
    let tries = guessing.map(async |(guess, edge)| {
        until("an answer", async || {
            match answers(edge, &shop, &captcha, guess).await {
                Err(error) if error.kind().status() == 503 => {
                    out_of_reach.store(true, Relaxed);
                    None
                }
                answer => Some(answer),
            }
        })
        .await
    });
    let tried = join_all(tries).await;
    let wrong = tried
        .iter()
        .filter(|t| matches!(t, Err(Error::CaptchaWrong)))
        .count();
    let others: Vec<_> = tried
        .iter()
        .filter(|t| !matches!(t, Err(Error::CaptchaWrong | Error::CaptchaSpent)))
        .collect();
    assert!(others.is_empty(), "{others:?}");
    // The third wrong one is told that it was the last.
    assert!(
        wrong == 2 || (wrong < 2 && out_of_reach.load(Relaxed)),
        "{wrong}"
    );
    let late = shop.answers(&captcha, &right).await;
    assert!(matches!(late, Err(Error::CaptchaSpent)), "{late:?}");
    // A new picture for the same challenge is no new try.
    let again = shop.looks(&join, Some(CaptchaKind::Image)).await.unwrap();
    let late = shop.answers(&again, &shop.knows(&again)).await;
    assert!(matches!(late, Err(Error::CaptchaSpent)), "{late:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_seal_gets_one_place_over_two_edges() {
    let shop = Shop::suspecting(1, weights()).await;
    let join = shop.grey();
    let captcha = shop.looks(&join, Some(CaptchaKind::Image)).await.unwrap();
    let seal = shop.answers(&captcha, &shop.knows(&captcha)).await.unwrap();
    let other = shop.another_edge().await;
    until("the other edge has the sale", async || {
        (other.snapshot(&shop.sale).ok()?.phase == protocol::Phase::Lobby).then_some(())
    })
    .await;
    let as_browser = |number: u8| JoinRequest {
        captcha: Some(seal.clone()),
        key: Some(protocol::wire::BrowserKey {
            kty: "EC".into(),
            crv: "P-256".into(),
            x: base64url(&[number; 32]),
            y: base64url(&[number.wrapping_add(1); 32]),
        }),
        ..join.clone()
    };
    let joins: Vec<JoinRequest> = (0..20).map(as_browser).collect();
    let edges = [&shop.engine, &other];
    let joined = join_all(
        joins
            .iter()
            .enumerate()
            .map(async |(i, join)| edges[i % 2].join(&shop.sale, join, &PLAIN).await),
    )
    .await;
    let places = joined.iter().filter(|joined| joined.is_ok()).count();
    assert_eq!(places, 1, "{joined:?}");
}

fn base64url(bytes: &[u8]) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(bytes)
}
