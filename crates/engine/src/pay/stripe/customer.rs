//! Customers: who has a card kept (<https://docs.stripe.com/api/customers>). Only what follows for the card is read.

use super::intent::Failure;
use crate::pay::gateway::{GatewayError, Kept};
use reqwest::StatusCode;
use serde::Deserialize;

#[derive(Deserialize)]
struct Customer {
    id: String,
}

fn unreadable(status: StatusCode, error: &serde_json::Error) -> GatewayError {
    GatewayError::Unknown(format!("{status}: {error}"))
}

/// Reads what became of a card that was to be kept.
pub(super) fn read(status: StatusCode, body: &[u8]) -> Result<Kept, GatewayError> {
    if status.is_success() {
        let customer: Customer =
            serde_json::from_slice(body).map_err(|error| unreadable(status, &error))?;
        return Ok(Kept::For(customer.id));
    }
    let failure: Failure =
        serde_json::from_slice(body).map_err(|error| unreadable(status, &error))?;
    match failure.error.is_of_card() {
        true => Ok(Kept::Declined(failure.error.reason())),
        false => Err(failure.error.refusal()),
    }
}

/// Reads what became of a customer that was to be deleted; who is not there is forgotten as well.
pub(super) fn read_deletion(status: StatusCode, body: &[u8]) -> Result<(), GatewayError> {
    if status.is_success() || status == StatusCode::NOT_FOUND {
        return Ok(());
    }
    let failure: Failure =
        serde_json::from_slice(body).map_err(|error| unreadable(status, &error))?;
    Err(failure.error.refusal())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_kept_or_declined_and_what_cannot_be_read_is_unknown() {
        let read = |status: u16, body: &str| {
            super::read(StatusCode::from_u16(status).unwrap(), body.as_bytes())
        };
        let kept = Kept::For("cus_1".into());
        assert_eq!(read(200, r#"{"id":"cus_1","object":"customer"}"#), Ok(kept));
        let bad = r#"{"error":{"type":"card_error","code":"expired_card"}}"#;
        assert_eq!(read(402, bad), Ok(Kept::Declined("expired_card".into())));
        let gone = r#"{"error":{"type":"invalid_request_error","code":"resource_missing"}}"#;
        assert!(matches!(read(404, gone), Err(GatewayError::Refused(_))));
        assert!(matches!(read(200, "{"), Err(GatewayError::Unknown(_))));
    }
}
