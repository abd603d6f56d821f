//! The CAPTCHA: for who is grey or dark, after the work and before the place.
//!
//! A challenge says whether it needs one. Whoever has done its work asks for a picture or a sound ([`pool`]: [`image`],
//! [`sound`]), answers, and gets a seal that the join brings along ([`seal`]). The seal is for one challenge, which is
//! used once. Three answers are tried for each challenge, counted in Redis before they are compared, so that many at
//! once, or at several edges, are no more tries. [`siteverify`] asks an outside service instead, if one is configured.

mod dice;
mod image;
mod pool;
pub(super) mod seal;
mod siteverify;
mod sound;

pub(crate) use pool::{Pool, keep_ready};

use crate::redis::Spent;
use crate::{Engine, Error};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use protocol::SaleId;
use protocol::digest::to_hex;
use protocol::wire::{
    CaptchaAnswer, CaptchaKind, CaptchaRequest, CaptchaSeal, CaptchaService, CaptchaSolution,
};
use seal::Asked;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Pictures and sounds for one challenge.
const MOST_LOOKS: u64 = 6;
/// Answers for one challenge.
const MOST_TRIES: u64 = 3;

/// Who asks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// This edge.
    #[default]
    Own,
    /// Cloudflare Turnstile.
    Turnstile,
    /// hCaptcha.
    Hcaptcha,
    /// Google reCAPTCHA.
    Recaptcha,
}

impl Provider {
    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Turnstile => "turnstile",
            Self::Hcaptcha => "hcaptcha",
            Self::Recaptcha => "recaptcha",
        }
    }
}

impl Engine {
    /// Something to solve, for who has done the work of a challenge that needs it.
    pub async fn captcha(
        &self,
        sale: &SaleId,
        request: &CaptchaRequest,
    ) -> Result<CaptchaAnswer, Error> {
        let room = self.room(sale)?;
        room.within_reach()?;
        let (challenge, nonces) = (&request.challenge, &request.nonces);
        let challenge = self.worked(sale, challenge, nonces, &request.device)?;
        if !challenge.captcha {
            return Err(Error::Unprocessable("this challenge needs no captcha"));
        }
        let pool = &self.0.captchas;
        // Before it is counted: who only waits has looked at nothing.
        let ready = match request.kind {
            Some(kind) => Some(pool.take(kind).ok_or(Error::Busy)?),
            None => None,
        };
        // Where few are left, whoever has seen one waits for whoever has seen none.
        let most = match request.kind.is_some_and(|kind| pool.is_short_of(kind)) {
            true => 1,
            false => MOST_LOOKS,
        };
        let id = challenge.id();
        let looks = self.store.spend(sale, &id, Spent::Look, most).await;
        if !looks.as_ref().is_ok_and(|before| *before < most) {
            if let (Some(kind), Some(unseen)) = (request.kind, ready) {
                pool.give_back(kind, unseen);
            }
            return Err(match looks? {
                MOST_LOOKS.. => Error::CaptchaSpent,
                _ => Error::Busy,
            });
        }
        let who = super::Who::of(&room.gate.key, sale, &challenge.device, &challenge.network);
        let settings = &self.settings.gate.captcha;
        let asked = |answer| Asked {
            sale: sale.clone(),
            challenge: id,
            expires_at: challenge.expires_at,
            answer,
        };
        let reference = to_hex(&who.0);
        let (Some(kind), Some(question)) = (request.kind, ready) else {
            if settings.provider == Provider::Own {
                return Err(Error::Unprocessable("kind is image or sound"));
            }
            return Ok(CaptchaAnswer {
                captcha: asked(None).seal(&self.keys),
                media: None,
                service: Some(CaptchaService {
                    name: settings.provider.name().to_owned(),
                    site_key: settings.site_key.clone(),
                    action: siteverify::ACTION.to_owned(),
                }),
                reference,
                answer: None,
            });
        };
        let name = seal::name_of(&self.keys, &id, &question.answer);
        let media = match kind {
            CaptchaKind::Image => "data:image/png;base64,",
            CaptchaKind::Sound => "data:audio/wav;base64,",
        };
        Ok(CaptchaAnswer {
            captcha: asked(Some(name)).seal(&self.keys),
            media: Some([media, &STANDARD.encode(question.file)].concat()),
            service: None,
            reference,
            answer: crate::seeded::tells_captchas().then_some(question.answer),
        })
    }

    /// Takes an answer: a seal for the join if it is right.
    pub async fn solve_captcha(
        &self,
        sale: &SaleId,
        solution: &CaptchaSolution,
        from: IpAddr,
    ) -> Result<CaptchaSeal, Error> {
        let room = self.room(sale)?;
        room.within_reach()?;
        let now = self.world.now();
        let asked = Asked::open(&self.keys, &solution.captcha)
            .filter(|asked| asked.sale == *sale && now < asked.expires_at)
            .ok_or(Error::CaptchaSpent)?;
        // Counted before it is compared: a thousand at once are three tries.
        let spending = self
            .store
            .spend(sale, &asked.challenge, Spent::Try, MOST_TRIES);
        let before = spending.await?;
        if before >= MOST_TRIES {
            return Err(Error::CaptchaSpent);
        }
        let settings = &self.settings.gate.captcha;
        let right = match asked.answer {
            Some(_) => asked.is_answered_by(&self.keys, solution.answer.trim()),
            None => siteverify::is_good(settings, &solution.answer, from, now).await?,
        };
        let outcome = if right { "right" } else { "wrong" };
        metrics::counter!("sluice_captchas_total", "outcome" => outcome).increment(1);
        match right {
            true => Ok(CaptchaSeal {
                seal: seal::solved(&self.keys, &asked.challenge),
            }),
            false if before + 1 == MOST_TRIES => Err(Error::CaptchaSpent),
            false => Err(Error::CaptchaWrong),
        }
    }
}
