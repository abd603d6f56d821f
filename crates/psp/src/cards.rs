//! Cards: which numbers exist, what brand they are, and how each test card behaves.
//!
//! Called by `acts::methods` when a card is saved. The number goes no further than this file: what
//! leaves it is a [`Card`], with the last four digits and a keyed fingerprint.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// What is remembered of a card.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Card {
    pub(crate) brand: Brand,
    pub(crate) last4: String,
    pub(crate) fingerprint: String,
    pub(crate) exp_month: u64,
    pub(crate) exp_year: u64,
    pub(crate) nature: Nature,
}

/// How a card behaves at the bank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Nature {
    Approves,
    /// 3-D Secure first, then approves.
    Authenticates,
    /// Approves the hold and refuses every capture. Our own, Stripe has no such card.
    RefusesCapture,
    Declines(Decline),
}

/// Why the bank says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Decline {
    Generic,
    InsufficientFunds,
    Expired,
    IncorrectCvc,
    Processing,
    /// A valid number that is no test card: nobody's real card is ever charged here.
    LiveCard,
}

impl Decline {
    /// Stripe's `code`, `decline_code` and `message`.
    pub(crate) fn wire(self) -> (&'static str, Option<&'static str>, &'static str) {
        match self {
            Self::Generic => (
                "card_declined",
                Some("generic_decline"),
                "Your card was declined.",
            ),
            Self::InsufficientFunds => (
                "card_declined",
                Some("insufficient_funds"),
                "Your card has insufficient funds.",
            ),
            Self::Expired => (
                "expired_card",
                Some("expired_card"),
                "Your card has expired.",
            ),
            Self::IncorrectCvc => (
                "incorrect_cvc",
                Some("incorrect_cvc"),
                "Your card's security code is incorrect.",
            ),
            Self::Processing => (
                "processing_error",
                Some("processing_error"),
                "An error occurred while processing your card. Try again in a little bit.",
            ),
            Self::LiveCard => (
                "card_declined",
                Some("test_mode_live_card"),
                "Your card was declined. Your request was in test mode, but used a non test card.",
            ),
        }
    }
}

/// The card's network, by the number's first digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Brand {
    Visa,
    Mastercard,
    Amex,
    Discover,
    Unknown,
}

impl Brand {
    fn of(number: &str) -> Self {
        let first = |digits: usize| number.get(..digits).and_then(|d| d.parse::<u32>().ok());
        match (first(1), first(2), first(4)) {
            (Some(4), ..) => Self::Visa,
            (_, Some(34 | 37), _) => Self::Amex,
            (_, Some(51..=55), _) | (_, _, Some(2221..=2720)) => Self::Mastercard,
            (_, Some(65), _) | (_, _, Some(6011)) => Self::Discover,
            _ => Self::Unknown,
        }
    }

    /// Stripe's name of the brand.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Visa => "visa",
            Self::Mastercard => "mastercard",
            Self::Amex => "amex",
            Self::Discover => "discover",
            Self::Unknown => "unknown",
        }
    }

    /// How many digits the security code has.
    pub(crate) fn cvc_length(self) -> usize {
        if self == Self::Amex { 4 } else { 3 }
    }
}

/// A number that could be a card's: 12 to 19 digits and a right check digit.
pub(crate) struct Number(String);

impl Number {
    /// Reads a number as typed, spaces and dashes allowed.
    pub(crate) fn parse(typed: &str) -> Option<Self> {
        let digits: String = typed.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let plausible =
            (12..=19).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        (plausible && passes_luhn(&digits)).then_some(Self(digits))
    }

    pub(crate) fn brand(&self) -> Brand {
        Brand::of(&self.0)
    }

    pub(crate) fn last4(&self) -> String {
        self.0.chars().skip(self.0.len() - 4).collect()
    }

    /// The same for the same number and key, and of no use to find the number without the key.
    pub(crate) fn fingerprint(&self, key: &str) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else {
            return String::new();
        };
        mac.update(b"sluice.psp.card\0");
        mac.update(self.0.as_bytes());
        hex::encode(&mac.finalize().into_bytes()[..12])
    }

    pub(crate) fn nature(&self) -> Nature {
        match self.0.as_str() {
            "4000000000000002" => Nature::Declines(Decline::Generic),
            "4000000000009995" => Nature::Declines(Decline::InsufficientFunds),
            "4000000000000069" => Nature::Declines(Decline::Expired),
            "4000000000000127" => Nature::Declines(Decline::IncorrectCvc),
            "4000000000000119" => Nature::Declines(Decline::Processing),
            "4000000000005126" => Nature::RefusesCapture,
            "4000002500003155" => Nature::Authenticates,
            "4000056655665556" | "5555555555554444" | "5200828282828210" | "5105105105105100"
            | "2223003122003222" | "378282246310005" | "371449635398431" | "6011111111111117" => {
                Nature::Approves
            }
            number if number.starts_with("4242") => Nature::Approves,
            number if number.starts_with("40000027") => Nature::Authenticates,
            _ => Nature::Declines(Decline::LiveCard),
        }
    }
}

/// The card number behind one of Stripe's ready-made test payment methods.
pub(crate) fn well_known(method: &str) -> Option<&'static str> {
    Some(match method {
        "pm_card_visa" => "4242424242424242",
        "pm_card_mastercard" => "5555555555554444",
        "pm_card_amex" => "378282246310005",
        "pm_card_chargeDeclined" | "pm_card_visa_chargeDeclined" => "4000000000000002",
        "pm_card_chargeDeclinedInsufficientFunds"
        | "pm_card_visa_chargeDeclinedInsufficientFunds" => "4000000000009995",
        "pm_card_chargeDeclinedExpiredCard" => "4000000000000069",
        "pm_card_authenticationRequired" | "pm_card_threeDSecure2Required" => "4000002760003184",
        _ => return None,
    })
}

/// The card number behind one of Stripe's test tokens, which are named like the payment methods.
pub(crate) fn of_token(token: &str) -> Option<&'static str> {
    let name = token.strip_prefix("tok_")?;
    well_known(&format!("pm_card_{name}"))
}

fn passes_luhn(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            match place % 2 {
                0 => digit,
                _ if digit > 4 => digit * 2 - 9,
                _ => digit * 2,
            }
        })
        .sum();
    sum.is_multiple_of(10)
}
