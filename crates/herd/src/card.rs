//! Cards: numbers that pass for real ones, and the call that saves one at the payment provider.
//!
//! The number goes to the provider only, as in the browser; the shop sees the payment method.

use crate::ask::{Ask, Body, Lane, Refusal};
use crate::client::Client;
use crate::tally::Step;
use reqwest::Method;
use serde::Deserialize;

/// A card that the bank always declines.
pub const DECLINING: &str = "4000000000000002";

/// How many different numbers [`number`] knows.
pub const NUMBERS: u64 = 100_000_000_000;

/// The `n`-th good card: 4242, eleven digits of `n`, and the check digit. Different for different
/// `n` below [`NUMBERS`].
pub fn number(n: u64) -> String {
    let body = format!("4242{:011}", n % NUMBERS);
    let digit = check_digit(&body);
    format!("{body}{digit}")
}

/// The digit that makes the number pass the Luhn test (ISO/IEC 7812-1, annex B).
fn check_digit(body: &str) -> u32 {
    let sum: u32 = body
        .bytes()
        .rev()
        .map(|byte| u32::from(byte - b'0'))
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit) {
            (0, 5..) => digit * 2 - 9,
            (0, _) => digit * 2,
            _ => digit,
        })
        .sum();
    (10 - sum % 10) % 10
}

/// The payment provider, as a browser sees it.
#[derive(Clone, Debug)]
pub struct Provider {
    client: Client,
    key: String,
}

#[derive(Deserialize)]
struct Saved {
    id: String,
}

impl Provider {
    /// The provider behind this client, with its publishable key.
    pub fn new(client: Client, key: String) -> Self {
        Self { client, key }
    }

    /// Saves a card; answers the payment method's name.
    pub async fn save(&self, number: &str) -> Result<String, Refusal> {
        let form = [
            ("type", "card"),
            ("card[number]", number),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2040"),
            ("card[cvc]", "123"),
        ];
        let ask = Ask {
            step: Step::Card,
            lane: Lane::Light,
            method: Method::POST,
            path: "/v1/payment_methods".to_owned(),
            bearer: Some(&self.key),
            headers: Vec::new(),
            body: Body::form(&form),
        };
        let saved: Saved = self.client.call(&ask).await?;
        Ok(saved.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn passes_luhn(number: &str) -> bool {
        let sum: u32 = number
            .bytes()
            .rev()
            .enumerate()
            .map(|(place, byte)| {
                let digit = u32::from(byte - b'0') * (1 + place as u32 % 2);
                digit / 10 + digit % 10
            })
            .sum();
        sum.is_multiple_of(10)
    }

    #[test]
    fn every_number_passes_for_a_visa_that_approves() {
        for n in (0..5000).chain(NUMBERS - 5000..NUMBERS) {
            let number = number(n);
            assert_eq!(number.len(), 16);
            assert!(number.starts_with("4242"));
            assert!(passes_luhn(&number), "{number}");
        }
        assert!(passes_luhn(DECLINING));
        assert_eq!(number(42_424_242_424), "4242424242424242");
    }

    #[test]
    fn no_two_shoppers_share_a_card() {
        let numbers: HashSet<String> = (0..100_000).map(|n| number(NUMBERS - 50_000 + n)).collect();
        assert_eq!(numbers.len(), 100_000);
    }
}
