//! Who one buyer is: a browser's key, an email, a card. Each is counted for itself, so that whoever changes
//! one of them is still known by the others.

use crate::ledger::PaymentRow;
use protocol::SaleId;
use protocol::digest::{tagged, to_hex};
use protocol::ticket::Shopper;

/// What makes a buyer one buyer, browser key first. Hashed for this sale only.
pub(super) fn keys_of(sale: &SaleId, shopper: &Shopper, payment: &PaymentRow) -> Vec<String> {
    let key = |kind: &str, value: &[u8]| {
        to_hex(&tagged(
            "sluice/buyer/v1",
            &[sale.as_str().as_bytes(), kind.as_bytes(), value],
        ))
    };
    let mailbox = mailbox(&payment.email);
    let mut keys = vec![key("browser", shopper), key("email", mailbox.as_bytes())];
    if let Some(card) = &payment.card {
        keys.push(key("card", card.as_bytes()));
    }
    keys
}

/// The one form of an email address that is compared: no blanks around it, small letters, the host as it
/// stands in the DNS (`bücher.example` is `xn--bcher-kva.example`). An address we cannot read stays as it is.
pub(crate) fn mailbox(email: &str) -> String {
    let email = email.trim();
    let Some((name, host)) = email.rsplit_once('@') else {
        return email.to_lowercase();
    };
    let host = host.trim_end_matches('.');
    let host = idna::domain_to_ascii(host).unwrap_or_else(|_| host.to_lowercase());
    format!("{}@{host}", name.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::mailbox;

    #[test]
    fn one_mailbox_has_one_form() {
        for (written, form) in [
            (" Ada@Example.ORG ", "ada@example.org"),
            ("ada@example.org.", "ada@example.org"),
            ("ÄDA@Bücher.example", "äda@xn--bcher-kva.example"),
            ("äda@xn--bcher-kva.example", "äda@xn--bcher-kva.example"),
            ("ada@ｅxample.org", "ada@example.org"),
            ("no address", "no address"),
        ] {
            assert_eq!(mailbox(written), form, "{written}");
        }
    }

    #[test]
    fn two_mailboxes_stay_two() {
        assert_ne!(mailbox("ada@example.org"), mailbox("ada@example.com"));
        assert_ne!(mailbox("ada@example.org"), mailbox("a.da@example.org"));
    }
}
