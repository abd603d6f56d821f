//! Holding the price: the provider's card form says which card, the edge asks the bank.
//!
//! The card itself never touches this code. What the form gave back (a name for the card) and the
//! email are remembered in this tab, to look again after the bank has seen the shopper.

use leptos::prelude::*;
use leptos::task::spawn_local;
use protocol::wire::{Authorization, AuthorizationStatus, AuthorizeRequest};

use super::state::Way;
use crate::browser::http::Call;
use crate::browser::{page, parcel};

/// A card that the provider's form has saved.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SavedCard {
    pub(crate) payment_method: String,
    pub(crate) brand: Option<String>,
    pub(crate) last4: Option<String>,
}

/// What the card form knows.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    pub(crate) email: RwSignal<String>,
    pub(crate) email_wrong: RwSignal<bool>,
    pub(crate) saved: RwSignal<Option<SavedCard>>,
    /// Height of the provider's form, in pixels.
    pub(crate) height: RwSignal<u32>,
    /// Another form for another card: the number of the attempt.
    pub(crate) attempt: RwSignal<u32>,
    /// The bank's page, while it is shown.
    pub(crate) action: RwSignal<Option<String>>,
}

impl Form {
    pub(crate) fn new() -> Self {
        Self {
            email: RwSignal::new(String::new()),
            email_wrong: RwSignal::new(false),
            saved: RwSignal::new(None),
            height: RwSignal::new(320),
            attempt: RwSignal::new(0),
            action: RwSignal::new(None),
        }
    }
}

impl Way {
    fn memory(self, what: &str) -> String {
        self.info.with_value(|info| [what, ":", info.sale.as_str()].concat())
    }

    /// Begins to listen to the provider's frames.
    pub(crate) fn wake_payment(self) {
        let form = self.form;
        if let Some(email) = page::remembered(&self.memory("email")) {
            form.email.set(email);
        }
        let origin = self.element.with_value(|element| element.origin.clone());
        parcel::listen(origin, move |parcel| match parcel {
            parcel::Parcel::Height(height) => form.height.set(height),
            parcel::Parcel::Card { payment_method, brand, last4 } => {
                form.saved.set(Some(SavedCard { payment_method, brand, last4 }));
                self.hold_price();
            }
            parcel::Parcel::ActionComplete => {
                form.action.set(None);
                self.look_at_hold();
            }
        });
    }

    /// The card is saved, or the email was corrected: asks for the hold as soon as both are there.
    pub(crate) fn hold_price(self) {
        let form = self.form;
        let Some(card) = form.saved.get_untracked() else { return };
        let email = form.email.get_untracked().trim().to_owned();
        let wrong = !looks_like_email(&email);
        form.email_wrong.set(wrong);
        if wrong {
            page::focus("email");
            return;
        }
        page::remember(&self.memory("email"), &email);
        page::remember(&self.memory("card"), &card.payment_method);
        self.authorize(AuthorizeRequest { payment_method: card.payment_method, email });
    }

    /// Asks how the hold is, now that the bank has seen the shopper.
    fn look_at_hold(self) {
        let card = page::remembered(&self.memory("card"));
        let email = page::remembered(&self.memory("email"));
        match (card, email) {
            (Some(payment_method), Some(email)) => self.authorize(AuthorizeRequest { payment_method, email }),
            // Another tab gave the card: the edge hears from the provider by itself.
            _ => self.refresh(),
        }
    }

    fn authorize(self, ask: AuthorizeRequest) {
        if self.paying.get_untracked() {
            return;
        }
        self.paying.set(true);
        self.problem.set(None);
        spawn_local(async move {
            let route = self.route("/authorizations");
            let answer = self
                .patiently(async || Call::post(&route).json(&ask).send().await?.read::<Authorization>())
                .await;
            self.paying.set(false);
            match answer {
                Ok(hold) => {
                    let status = hold.status;
                    let url = hold.action_url.clone();
                    self.settle_hold(hold);
                    match status {
                        AuthorizationStatus::RequiresAction => self.show_bank(url),
                        AuthorizationStatus::Declined => self.form_anew(),
                        _ => self.form.saved.set(None),
                    }
                    self.tell_tabs();
                }
                Err(failure) => {
                    self.form_anew();
                    self.fail(&failure);
                }
            }
        });
    }

    /// An empty form for another card.
    pub(crate) fn form_anew(self) {
        self.form.saved.set(None);
        self.form.attempt.update(|attempt| *attempt += 1);
    }

    /// Shows the bank's page.
    pub(crate) fn show_bank(self, url: Option<String>) {
        let Some(url) = url else { return };
        let mark = if url.contains('?') { "&origin=" } else { "?origin=" };
        let ours = String::from(js_sys::encode_uri_component(&page::origin()));
        self.form.action.set(Some([&url, mark, &ours].concat()));
    }

    /// The address of the provider's card form.
    pub(crate) fn form_url(self) -> String {
        let encode = |text: &str| String::from(js_sys::encode_uri_component(text));
        self.element.with_value(|element| {
            [
                element.url.as_str(),
                "?pk=",
                &encode(&element.publishable_key),
                "&origin=",
                &encode(&page::origin()),
                "&lang=",
                self.lang.code(),
            ]
            .concat()
        })
    }
}

/// Good enough to catch a typing error; whether it exists shows when the receipt is sent.
fn looks_like_email(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else { return false };
    !name.is_empty()
        && host.len() >= 3
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && !host.contains('@')
        && !text.contains(char::is_whitespace)
        && text.len() <= 254
}

#[cfg(test)]
mod tests {
    use super::looks_like_email;

    #[test]
    fn typing_errors_in_an_email_are_caught() {
        for good in ["a@b.de", "first.last+tag@sub.example.com"] {
            assert!(looks_like_email(good), "{good}");
        }
        for bad in ["", "a", "a@", "@b.de", "a@b", "a@.de", "a@b.", "a b@c.de", "a@b@c.de"] {
            assert!(!looks_like_email(bad), "{bad}");
        }
    }
}
