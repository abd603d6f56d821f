//! Stripe's refunds (<https://docs.stripe.com/api/refunds/create>), read for whether the money goes back.

use super::intent::Failure;
use crate::pay::gateway::{GatewayError, RefundState};
use reqwest::StatusCode;
use serde::Deserialize;

#[derive(Deserialize)]
struct WireRefund {
    id: String,
    status: Option<String>,
    failure_reason: Option<String>,
}

/// Reads the answer to a refund. One that is `pending` is the provider's to finish: the money has left us.
pub(super) fn read(status: StatusCode, body: &[u8]) -> Result<RefundState, GatewayError> {
    let unreadable = |error: serde_json::Error| GatewayError::Unknown(format!("{status}: {error}"));
    if !status.is_success() {
        let error = serde_json::from_slice::<Failure>(body)
            .map_err(unreadable)?
            .error;
        return Err(GatewayError::Refused(error.reason()));
    }
    let refund: WireRefund = serde_json::from_slice(body).map_err(unreadable)?;
    match refund.status.as_deref() {
        Some("succeeded" | "pending") => Ok(RefundState::Refunded(refund.id)),
        Some("failed" | "canceled") => Ok(RefundState::Refused(
            refund.failure_reason.unwrap_or_else(|| "failed".to_owned()),
        )),
        other => Err(GatewayError::Unknown(format!("a refund that is {other:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_said_clearly_counts() {
        let read =
            |status, body: &str| read(StatusCode::from_u16(status).unwrap(), body.as_bytes());
        let done = Ok(RefundState::Refunded("re_1".into()));
        assert_eq!(read(200, r#"{"id":"re_1","status":"succeeded"}"#), done);
        assert_eq!(read(200, r#"{"id":"re_1","status":"pending"}"#), done);
        let refused = read(
            200,
            r#"{"id":"re_1","status":"failed","failure_reason":"lost_or_stolen_card"}"#,
        );
        assert_eq!(
            refused,
            Ok(RefundState::Refused("lost_or_stolen_card".into()))
        );
        for body in [
            r#"{"id":"re_1","#,
            r#"{"id":"re_1","status":"surprise"}"#,
            "{}",
        ] {
            assert!(
                matches!(read(200, body), Err(GatewayError::Unknown(_))),
                "{body}"
            );
        }
        let code = r#"{"error":{"code":"charge_already_refunded","message":"…"}}"#;
        assert_eq!(
            read(400, code),
            Err(GatewayError::Refused("charge_already_refunded".into()))
        );
    }
}
