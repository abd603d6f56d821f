//! Pictures and sounds that lie ready, so that a spike costs no drawing.
//!
//! One task makes what is missing, one at a time and at most forty a second, by turns where both kinds are: who needs the
//! sound does not wait until everybody has a picture. When nothing lies ready, whoever asks is told `busy` and asks
//! again; each has done the work of a challenge before. The last ones are for who has seen none: a program that looks
//! at all it may for each of its challenges makes nobody wait for the first.

use super::dice::Dice;
use super::{image, sound};
use crate::{Engine, moments};
use protocol::wire::CaptchaKind;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// How many lie ready: a picture weighs some 20 KB, a sound some 100.
const PICTURES: usize = 512;
const SOUNDS: usize = 64;
/// So few of a kind are left for whoever has seen none.
const LAST: usize = 16;
const PACE: Duration = Duration::from_millis(25);

/// Something to solve.
#[derive(Debug)]
pub(super) struct Question {
    /// What is right: digits.
    pub(super) answer: String,
    /// The file.
    pub(super) file: Vec<u8>,
}

/// What lies ready on this edge.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    pictures: Mutex<VecDeque<Question>>,
    sounds: Mutex<VecDeque<Question>>,
}

impl Pool {
    /// One of them, for one shopper; `None` when none lies ready.
    pub(super) fn take(&self, kind: CaptchaKind) -> Option<Question> {
        self.with(kind, VecDeque::pop_front)
    }

    /// Are the last ones reached?
    pub(super) fn is_short_of(&self, kind: CaptchaKind) -> bool {
        self.with(kind, |ready| ready.len()) < LAST
    }

    /// Takes back what nobody has seen, for the next one.
    pub(super) fn give_back(&self, kind: CaptchaKind, unseen: Question) {
        self.with(kind, |ready| ready.push_front(unseen));
    }

    /// A kind that is missing; where both are, another than the last one.
    fn missing(&self, last: Option<CaptchaKind>) -> Option<CaptchaKind> {
        let mut lacking = [(CaptchaKind::Image, PICTURES), (CaptchaKind::Sound, SOUNDS)]
            .into_iter()
            .filter(|(kind, wanted)| self.with(*kind, |ready| ready.len()) < *wanted)
            .map(|(kind, _)| kind);
        let first = lacking.next()?;
        match lacking.next() {
            Some(other) if Some(first) == last => Some(other),
            _ => Some(first),
        }
    }

    fn with<T>(&self, kind: CaptchaKind, act: impl FnOnce(&mut VecDeque<Question>) -> T) -> T {
        let queue = match kind {
            CaptchaKind::Image => &self.pictures,
            CaptchaKind::Sound => &self.sounds,
        };
        act(&mut queue.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Makes one. What is asked and how it looks come from two seeds: nobody learns one from the other.
fn make(kind: CaptchaKind, [asked, looks]: [u64; 2]) -> Question {
    let (mut asked, mut looks) = (Dice::new(asked), Dice::new(looks));
    let (numbers, file) = match kind {
        CaptchaKind::Image => {
            let digits = image::question(&mut asked);
            let file = image::draw(&digits, &mut looks);
            (digits, file)
        }
        CaptchaKind::Sound => {
            let groups = sound::question(&mut asked);
            let file = sound::play(&groups, &mut looks);
            (groups, file)
        }
    };
    let answer = numbers.iter().map(|n| char::from(b'0' + n)).collect();
    Question { answer, file }
}

/// Runs for as long as the edge does.
pub(crate) async fn keep_ready(engine: Engine) {
    let stop = engine.0.stop.clone();
    let making = async {
        let mut pace = interval(PACE);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last = None;
        loop {
            pace.tick().await;
            let Some(kind) = engine.0.captchas.missing(last) else {
                continue;
            };
            last = Some(kind);
            moments::reach("captcha.missing").await;
            let seeds = [(); 2].map(|()| u64::from_be_bytes(engine.world.random()));
            // Some milliseconds of work: not beside the requests.
            let made = tokio::task::spawn_blocking(move || make(kind, seeds)).await;
            if let Ok(question) = made {
                engine
                    .0
                    .captchas
                    .with(kind, |ready| ready.push_back(question));
            }
        }
    };
    stop.run_until_cancelled(making).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_handed_out_once_and_no_more_are_made_than_lie_ready() {
        let pool = Pool::default();
        let mut made = 0;
        while let Some(kind) = pool.missing(None) {
            made += 1;
            let question = Question {
                answer: made.to_string(),
                file: Vec::new(),
            };
            pool.with(kind, |ready| ready.push_back(question));
        }
        assert_eq!(made, PICTURES + SOUNDS);
        for kind in [CaptchaKind::Image, CaptchaKind::Sound] {
            let first = pool.take(kind).unwrap().answer;
            assert_ne!(first, pool.take(kind).unwrap().answer);
        }
        while pool.take(CaptchaKind::Sound).is_some() {}
        assert!(pool.take(CaptchaKind::Sound).is_none());
    }

    #[test]
    fn while_pictures_are_taken_as_fast_as_they_are_made_sounds_are_made_as_well() {
        let (pool, mut last) = (Pool::default(), None);
        for _ in 0..2 * SOUNDS {
            last = pool.missing(last);
            // A picture is gone at once.
            if last == Some(CaptchaKind::Sound) {
                let question = Question {
                    answer: String::new(),
                    file: Vec::new(),
                };
                pool.with(CaptchaKind::Sound, |ready| ready.push_back(question));
            }
        }
        assert_eq!(pool.with(CaptchaKind::Sound, |ready| ready.len()), SOUNDS);
        assert_eq!(pool.missing(last), Some(CaptchaKind::Image));
    }

    #[test]
    fn an_answer_has_as_many_digits_as_were_asked_for() {
        for kind in [CaptchaKind::Image, CaptchaKind::Sound] {
            let question = make(kind, [1, 2]);
            assert_eq!(question.answer.len(), 5);
            assert!(question.answer.bytes().all(|b| b.is_ascii_digit()));
            assert!(!question.file.is_empty());
        }
    }
}
