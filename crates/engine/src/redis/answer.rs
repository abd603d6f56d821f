//! How scripts answer: in words, with the refusals that they share.

use crate::Error;
use redis::Value;

pub(super) fn words(reply: Value) -> Result<Vec<String>, Error> {
    redis::from_redis_value(reply).map_err(|error| Error::Redis(error.into()))
}

/// The refusals that every script shares, as errors; anything else is handed on.
pub(super) fn refusal(words: &[String]) -> Result<Vec<&str>, Error> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["missing"] | ["epoch", _] => Err(Error::Rebuilding),
        ["behind"] => Err(Error::Behind),
        ["sold_out"] => Err(Error::SoldOut),
        ["phase", phase] => Err(Error::WrongPhase(
            phase.parse().map_err(|()| Error::Corrupt("phase"))?,
        )),
        _ => Ok(words),
    }
}

/// Scripts that only move a unit answer 1, 0, or -1 in another epoch; a rebuild answers -1 when it must begin anew.
pub(super) fn happened(reply: i8) -> Result<bool, Error> {
    match reply {
        -1 => Err(Error::Rebuilding),
        moved => Ok(moved == 1),
    }
}
