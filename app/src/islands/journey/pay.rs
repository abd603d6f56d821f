//! Holding the price: the provider's card form says which card, the edge asks the bank.
//!
//! The card itself never touches this code. What the form gave back (a name for the card) and the
//! email are remembered in this tab, to look again after the bank has seen the shopper.

use js_sys::encode_uri_component;
use leptos::task::spawn_local;
use protocol::wire::{Authorization, AuthorizationStatus, AuthorizeRequest};

use super::state::SavedCard;
use super::way::Way;
use crate::browser::http::{Call, Failure};
use crate::browser::page;
use crate::browser::parcel::{self, Parcel};
use crate::element::CardElement;

impl Way {
    fn memory(self, what: &str) -> String {
        self.peek(|state| [what, ":", state.info.sale.as_str()].concat())
    }

    /// Begins to listen to the provider's frames.
    pub(crate) fn wake_payment(self) {
        if let Some(email) = page::remembered(&self.memory("email")) {
            page::type_into("email", &email);
        }
        let origin = match self.peek(|state| state.element.origin.clone()) {
            ours if ours == CardElement::OURS => page::origin(),
            origin => origin,
        };
        parcel::listen(origin, move |parcel| match parcel {
            Parcel::Height(height) => self.change(|state| state.form_height = height),
            Parcel::Card {
                payment_method,
                brand,
                last4,
            } => {
                self.change(|state| {
                    state.saved = Some(SavedCard {
                        payment_method,
                        brand,
                        last4,
                    });
                });
                self.hold_price();
            }
            Parcel::ActionComplete => {
                self.change(|state| state.bank = None);
                self.look_at_hold();
            }
        });
    }

    /// The card is saved, or the email was corrected: asks for the hold as soon as both are there.
    pub(crate) fn hold_price(self) {
        let Some(payment_method) =
            self.peek(|state| Some(state.saved.as_ref()?.payment_method.clone()))
        else {
            return;
        };
        let email = page::typed("email").trim().to_owned();
        let wrong = !looks_like_email(&email);
        self.change(|state| state.email_wrong = wrong);
        if wrong {
            return page::focus_soon("email");
        }
        page::remember(&self.memory("email"), &email);
        page::remember(&self.memory("card"), &payment_method);
        self.authorize(AuthorizeRequest {
            payment_method,
            email,
        });
    }

    /// Asks how the hold is, now that the bank has seen the shopper.
    fn look_at_hold(self) {
        let card = page::remembered(&self.memory("card"));
        let email = page::remembered(&self.memory("email"));
        match (card, email) {
            (Some(payment_method), Some(email)) => self.authorize(AuthorizeRequest {
                payment_method,
                email,
            }),
            // Another tab gave the card: the edge hears from the provider by itself.
            _ => self.refresh(),
        }
    }

    fn authorize(self, ask: AuthorizeRequest) {
        if self.peek(|state| state.paying) {
            return;
        }
        self.change(|state| {
            state.paying = true;
            state.problem = None;
        });
        spawn_local(async move {
            let call = Call::post(&self.route("/authorizations")).json(&ask);
            let answer = self.patiently(self.proven(call)).await;
            self.change(|state| state.paying = false);
            match answer.and_then(|answer| answer.read::<Authorization>()) {
                Ok(hold) => self.take_hold(hold),
                Err(failure) => self.no_hold(&failure),
            }
        });
    }

    fn take_hold(self, hold: Authorization) {
        let status = hold.status;
        self.change(|state| {
            state.saved = None;
            if status == AuthorizationStatus::Declined {
                state.attempt += 1;
            }
            if let Some(mine) = &mut state.standing {
                mine.authorization = Some(hold);
            }
        });
        if status == AuthorizationStatus::RequiresAction {
            self.show_bank();
        }
        self.tell_tabs();
    }

    fn no_hold(self, failure: &Failure) {
        self.change(|state| {
            state.saved = None;
            state.attempt += 1;
        });
        self.fail(failure);
    }

    /// Shows the bank's page.
    pub(crate) fn show_bank(self) {
        let ours = String::from(encode_uri_component(&page::origin()));
        self.change(|state| {
            let url = state.hold().and_then(|hold| hold.action_url.as_ref());
            state.bank = url.map(|url| {
                let mark = if url.contains('?') {
                    "&origin="
                } else {
                    "?origin="
                };
                [url, mark, &ours].concat()
            });
        });
    }

    /// The address of the provider's card form.
    pub(crate) fn form_url(self) -> String {
        let encode = |text: &str| String::from(encode_uri_component(text));
        let lang = self.lang.code();
        self.peek(|state| {
            let (url, key) = (&state.element.url, encode(&state.element.publishable_key));
            [
                url,
                "?pk=",
                &key,
                "&origin=",
                &encode(&page::origin()),
                "&lang=",
                lang,
            ]
            .concat()
        })
    }
}

/// Good enough to catch a typing error; whether it exists shows when the shop writes to it.
fn looks_like_email(text: &str) -> bool {
    let Some((name, host)) = text.split_once('@') else {
        return false;
    };
    !name.is_empty()
        && host.len() >= 3
        && host.contains('.')
        && !host.starts_with('.')
        && !host.ends_with('.')
        && !host.contains('@')
        && !text.contains(' ')
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
        for bad in [
            "", "a", "a@", "@b.de", "a@b", "a@.de", "a@b.", "a b@c.de", "a@b@c.de",
        ] {
            assert!(!looks_like_email(bad), "{bad}");
        }
    }
}
