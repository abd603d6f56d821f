//! A page of Stripe's list of payments (<https://docs.stripe.com/api/payment_intents/list>), read for what an
//! auditor has to know: where the money is, and whose it is by the metadata that we gave it.

use crate::pay::gateway::{GatewayError, Listed, Whereabouts};
use protocol::{Currency, Money};
use reqwest::StatusCode;
use serde::Deserialize;
use std::collections::HashMap;

/// Most payments on a page.
pub(super) const LIMIT: &str = "100";

#[derive(Deserialize)]
struct Page {
    data: Vec<WireListed>,
    has_more: bool,
}

#[derive(Deserialize)]
struct WireListed {
    id: String,
    status: String,
    amount: i64,
    amount_received: i64,
    currency: String,
    #[serde(default)]
    metadata: HashMap<String, String>,
}

/// Reads a page, and whether there are more.
pub(super) fn read(status: StatusCode, body: &[u8]) -> Result<(Vec<Listed>, bool), GatewayError> {
    if !status.is_success() {
        return Err(GatewayError::Unknown(status.to_string()));
    }
    let page: Page = serde_json::from_slice(body)
        .map_err(|error| GatewayError::Unknown(format!("{status}: {error}")))?;
    let listed: Result<_, _> = page.data.into_iter().map(WireListed::read).collect();
    Ok((listed?, page.has_more))
}

impl WireListed {
    fn read(mut self) -> Result<Listed, GatewayError> {
        let unreadable = |what: &str| GatewayError::Unknown(format!("{}: {what}", self.id));
        let money = match self.status.as_str() {
            "requires_capture" => Whereabouts::Held,
            "succeeded" => Whereabouts::Taken,
            "canceled" => Whereabouts::Released,
            "processing"
            | "requires_action"
            | "requires_confirmation"
            | "requires_payment_method" => Whereabouts::WithShopper,
            other => return Err(unreadable(other)),
        };
        let currency = Currency::parse(&self.currency.to_uppercase())
            .map_err(|_| unreadable(&self.currency))?;
        Ok(Listed {
            money,
            amount: Money {
                minor: self.amount,
                currency,
            },
            taken: self.amount_received,
            sale: self.metadata.remove("sale"),
            payment: self.metadata.remove("payment"),
            intent: self.id,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_where_the_money_is_and_whose() {
        let body = br#"{"object":"list","has_more":true,"data":[
            {"id":"pi_1","status":"requires_capture","amount":500,"amount_received":0,"currency":"eur",
             "metadata":{"sale":"s","payment":"s:1:1"}},
            {"id":"pi_2","status":"succeeded","amount":500,"amount_received":500,"currency":"eur","metadata":{}}]}"#;
        let (listed, more) = read(StatusCode::OK, body).unwrap();
        assert!(more);
        assert_eq!(listed[0].money, Whereabouts::Held);
        assert_eq!(listed[0].payment.as_deref(), Some("s:1:1"));
        assert_eq!(
            (listed[1].money, listed[1].taken),
            (Whereabouts::Taken, 500)
        );
        assert_eq!(listed[1].sale, None);
    }

    #[test]
    fn half_a_page_is_no_page() {
        for (status, body) in [(200, "{\"data\":["), (200, "{}"), (500, "{}"), (401, "{}")] {
            let status = StatusCode::from_u16(status).unwrap();
            assert!(read(status, body.as_bytes()).is_err(), "{body}");
        }
    }
}
