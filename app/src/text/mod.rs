//! Everything a person reads, one file per language.
//!
//! A language is a struct literal, so a text that is missing in one of them does not compile. [`Text`]
//! goes to the browser with the islands; [`PageText`] stays on the edge, where pages are rendered.

mod de;
mod en;
pub(crate) mod format;

use protocol::{Phase, Problem, ProblemKind, place::Odds};
use serde::{Deserialize, Serialize};

/// A language that the shop speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lang {
    /// English, and whenever we are not sure.
    #[default]
    En,
    /// German.
    De,
}

impl Lang {
    /// For the `lang` attribute.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
        }
    }

    /// What islands say.
    pub(crate) fn text(self) -> &'static Text {
        match self {
            Self::En => &en::TEXT,
            Self::De => &de::TEXT,
        }
    }

    /// What pages say.
    #[cfg(feature = "ssr")]
    pub(crate) fn page(self) -> &'static PageText {
        match self {
            Self::En => &en::PAGE,
            Self::De => &de::PAGE,
        }
    }

    /// The first language of ours by the browser's wishes (RFC 9110, section 12.5.4).
    #[cfg(feature = "ssr")]
    pub fn accepted(header: &str) -> Self {
        let mut best = (Self::default(), 0.0);
        for wish in header.split(',') {
            let mut parts = wish.split(';');
            let tag = parts.next().unwrap_or_default().trim();
            let quality = parts
                .find_map(|part| part.trim().strip_prefix("q="))
                .and_then(|q| q.parse::<f32>().ok())
                .unwrap_or(1.0);
            let primary = tag.split('-').next().unwrap_or_default();
            let lang = match primary.to_ascii_lowercase().as_str() {
                "de" => Self::De,
                "en" | "*" => Self::En,
                _ => continue,
            };
            if quality > best.1 {
                best = (lang, quality);
            }
        }
        best.0
    }
}

/// A text for one and a text for many; `{0}` is the number.
pub(crate) type Plural = (&'static str, &'static str);

/// What the islands say. `{0}`, `{1}` are filled in by [`format::fill`].
pub(crate) struct Text {
    /// Phases: scheduled, lobby, open, paused, sold out, closed.
    pub(crate) phases: [&'static str; 6],
    /// The way: join, wait, buy, yours.
    pub(crate) way: [&'static str; 4],
    pub(crate) way_label: &'static str,
    pub(crate) units_left: &'static str,
    pub(crate) opens_in: &'static str,
    pub(crate) draw_in: &'static str,
    pub(crate) draw_now: &'static str,
    pub(crate) days: Plural,
    pub(crate) months: [&'static str; 12],
    pub(crate) paused_title: &'static str,
    pub(crate) paused_text: &'static str,
    pub(crate) resumed: &'static str,

    pub(crate) announced_title: &'static str,
    pub(crate) announced_text: &'static str,

    pub(crate) lobby_invite_title: &'static str,
    pub(crate) lobby_invite_text: &'static str,
    pub(crate) late_invite_title: &'static str,
    pub(crate) late_invite_text: &'static str,
    pub(crate) join: &'static str,
    pub(crate) join_note: &'static str,

    pub(crate) joining_title: &'static str,
    pub(crate) joining_text: &'static str,
    pub(crate) solving: &'static str,
    pub(crate) solved: &'static str,
    pub(crate) sending: &'static str,
    pub(crate) busy: &'static str,

    pub(crate) lobby_title: &'static str,
    pub(crate) lobby_text: &'static str,
    pub(crate) ticket: &'static str,
    pub(crate) ticket_no: &'static str,
    pub(crate) in_lobby: &'static str,
    pub(crate) people: Plural,

    pub(crate) line_title: &'static str,
    pub(crate) line_back_title: &'static str,
    pub(crate) ahead: Plural,
    pub(crate) next: &'static str,
    pub(crate) progress: &'static str,
    pub(crate) place: &'static str,
    pub(crate) wait: &'static str,
    pub(crate) wait_paused: &'static str,
    pub(crate) pace: &'static str,
    pub(crate) pace_slowed: &'static str,
    pub(crate) odds: &'static str,
    /// Good, fair, slim, none.
    pub(crate) odds_names: [&'static str; 4],
    /// The reason for each of [`Text::odds_names`].
    pub(crate) odds_reasons: [&'static str; 4],
    pub(crate) seconds: &'static str,
    pub(crate) about_seconds: &'static str,
    pub(crate) minutes: &'static str,
    pub(crate) about_minutes: Plural,
    pub(crate) line_note: &'static str,

    pub(crate) called_title: &'static str,
    pub(crate) called_back_title: &'static str,
    pub(crate) called_text: &'static str,
    pub(crate) called_wait: &'static str,
    pub(crate) called_needs_card: &'static str,
    pub(crate) called_card_checked: &'static str,
    pub(crate) called_left: &'static str,
    pub(crate) buy: &'static str,
    pub(crate) buying: &'static str,

    pub(crate) ordered_title: &'static str,
    pub(crate) ordered_text: &'static str,
    pub(crate) order_failed_title: &'static str,
    pub(crate) order_failed_text: &'static str,
    pub(crate) receipt: &'static str,

    pub(crate) waitlist_title: &'static str,
    pub(crate) waitlist_text: &'static str,
    pub(crate) waitlist_note: &'static str,
    pub(crate) waitlist_held_note: &'static str,

    pub(crate) sold_out_title: &'static str,
    pub(crate) sold_out_text: &'static str,
    pub(crate) sold_out_sorry: &'static str,
    pub(crate) over_title: &'static str,
    pub(crate) over_text: &'static str,
    pub(crate) hold_releasing: &'static str,
    pub(crate) hold_released: &'static str,
    pub(crate) hold_none: &'static str,

    pub(crate) left_title: &'static str,
    pub(crate) left_text: &'static str,
    pub(crate) join_again: &'static str,
    pub(crate) leave: &'static str,
    pub(crate) leave_question: &'static str,
    pub(crate) leave_yes: &'static str,
    pub(crate) leave_no: &'static str,

    pub(crate) card_title: &'static str,
    pub(crate) card_intro: &'static str,
    pub(crate) email: &'static str,
    pub(crate) email_error: &'static str,
    pub(crate) card_frame: &'static str,
    pub(crate) card_ready: &'static str,
    pub(crate) hold: &'static str,
    pub(crate) holding: &'static str,
    pub(crate) card_kept: &'static str,
    pub(crate) held: &'static str,
    pub(crate) held_note: &'static str,
    pub(crate) your_card: &'static str,
    pub(crate) action_title: &'static str,
    pub(crate) action_text: &'static str,
    pub(crate) action_open: &'static str,
    pub(crate) action_frame: &'static str,
    pub(crate) close: &'static str,
    pub(crate) declined_title: &'static str,
    pub(crate) declined_other: &'static str,
    pub(crate) declined_funds: &'static str,
    pub(crate) declined_expired: &'static str,
    pub(crate) declined_code: &'static str,
    pub(crate) declined_unconfirmed: &'static str,
    pub(crate) declined_unreachable: &'static str,
    pub(crate) declined_test: &'static str,
    pub(crate) declined_retry: &'static str,
    pub(crate) paid: &'static str,

    /// Order states: claimed, capturing, captured, failed, refunding, refunded.
    pub(crate) order_states: [&'static str; 6],
    pub(crate) order_number: &'static str,
    pub(crate) order_unit: &'static str,
    pub(crate) order_amount: &'static str,
    pub(crate) order_card: &'static str,
    pub(crate) order_email: &'static str,
    pub(crate) order_claimed: &'static str,
    pub(crate) order_captured: &'static str,
    pub(crate) order_waiting: &'static str,

    pub(crate) how_drawn: &'static str,
    pub(crate) check_running: &'static str,
    pub(crate) check_early: &'static str,
    pub(crate) check_good: &'static str,
    pub(crate) check_bad: &'static str,
    pub(crate) check_place: &'static str,
    pub(crate) check_included: &'static str,
    pub(crate) check_void: &'static str,

    pub(crate) error_title: &'static str,
    pub(crate) error_offline: &'static str,
    pub(crate) error_busy: &'static str,
    pub(crate) error_ticket: &'static str,
    pub(crate) error_key: &'static str,
    pub(crate) error_turn_over: &'static str,
    pub(crate) error_phase: &'static str,
    pub(crate) error_challenge: &'static str,
    pub(crate) error_sold_out: &'static str,
    pub(crate) error_limit: &'static str,
    pub(crate) error_card_needed: &'static str,
    pub(crate) error_values: &'static str,
    pub(crate) error_solver: &'static str,
    pub(crate) error_other: &'static str,
}

impl Text {
    /// The name of a phase.
    pub(crate) fn phase(&self, phase: Phase) -> &'static str {
        self.phases[match phase {
            Phase::Scheduled => 0,
            Phase::Lobby => 1,
            Phase::Open => 2,
            Phase::Paused => 3,
            Phase::SoldOut => 4,
            Phase::Closed => 5,
        }]
    }

    /// The chance of a unit, and why.
    pub(crate) fn odds(&self, odds: Odds) -> (&'static str, &'static str) {
        let at = match odds {
            Odds::Good => 0,
            Odds::Fair => 1,
            Odds::Slim => 2,
            Odds::None => 3,
        };
        (self.odds_names[at], self.odds_reasons[at])
    }

    /// Why the bank said no, by the provider's decline code.
    pub(crate) fn decline(&self, code: Option<&str>) -> &'static str {
        match code.unwrap_or_default() {
            "insufficient_funds" | "card_velocity_exceeded" => self.declined_funds,
            "expired_card" => self.declined_expired,
            "incorrect_cvc" | "invalid_cvc" => self.declined_code,
            "processing_error" | "issuer_not_available" | "try_again_later" => {
                self.declined_unreachable
            }
            "test_mode_live_card" => self.declined_test,
            code if code.contains("authentication") => self.declined_unconfirmed,
            _ => self.declined_other,
        }
    }

    /// What a refusal means for the shopper.
    pub(crate) fn problem(&self, problem: &Problem) -> &'static str {
        let is = |kinds: &[ProblemKind]| kinds.iter().any(|kind| problem.is(*kind));
        use ProblemKind as P;
        if is(&[P::RateLimited, P::Busy, P::Unavailable, P::Timeout]) {
            self.error_busy
        } else if is(&[P::TicketMissing, P::TicketInvalid, P::TicketLeft]) {
            self.error_ticket
        } else if is(&[P::ProofOfKey]) {
            self.error_key
        } else if is(&[P::PassInvalid, P::PassExpired, P::NotCalledYet]) {
            self.error_turn_over
        } else if is(&[P::WrongPhase]) {
            self.error_phase
        } else if is(&[P::ChallengeInvalid, P::ChallengeSpent, P::ProofInvalid]) {
            self.error_challenge
        } else if is(&[P::SoldOut]) {
            self.error_sold_out
        } else if is(&[P::LimitReached]) {
            self.error_limit
        } else if is(&[P::AuthorizationRequired]) {
            self.error_card_needed
        } else if is(&[P::BadRequest, P::Unprocessable]) {
            self.error_values
        } else {
            self.error_other
        }
    }
}

/// What only rendered pages say.
#[cfg(feature = "ssr")]
pub(crate) struct PageText {
    pub(crate) tagline: &'static str,
    pub(crate) skip: &'static str,
    pub(crate) home_title: &'static str,
    pub(crate) home_lead: &'static str,
    pub(crate) home_empty: &'static str,
    pub(crate) all_sales: &'static str,
    pub(crate) opens: &'static str,
    pub(crate) units: Plural,
    pub(crate) each: Plural,
    pub(crate) how_title: &'static str,
    pub(crate) how: [(&'static str, &'static str); 4],
    pub(crate) no_script: &'static str,
    /// Tickets so far, called so far, admissions a second.
    pub(crate) no_script_figures: &'static str,
    pub(crate) receipt_title: &'static str,
    pub(crate) receipt_lead: &'static str,
    pub(crate) receipt_back: &'static str,
    pub(crate) no_order_title: &'static str,
    pub(crate) no_order_text: &'static str,
    pub(crate) draw_title: &'static str,
    pub(crate) draw_lead: &'static str,
    pub(crate) draw_no_script: &'static str,
    pub(crate) draw_later: &'static str,
    /// Commitment, size, transcript, secret, seed; and what each is.
    pub(crate) draw_values: [(&'static str, &'static str); 5],
    pub(crate) draw_how: &'static str,
    pub(crate) missing_title: &'static str,
    pub(crate) missing_text: &'static str,
    pub(crate) trouble_title: &'static str,
    pub(crate) trouble_text: &'static str,
    pub(crate) footer: &'static str,
    pub(crate) operator: OperatorText,
}

/// What the operator's console says.
#[cfg(feature = "ssr")]
pub(crate) struct OperatorText {
    pub(crate) title: &'static str,
    pub(crate) login_lead: &'static str,
    pub(crate) password: &'static str,
    pub(crate) login: &'static str,
    pub(crate) logout: &'static str,
    pub(crate) sales: &'static str,
    pub(crate) none: &'static str,
    pub(crate) free: &'static str,
    pub(crate) reserved: &'static str,
    pub(crate) claimed: &'static str,
    pub(crate) tickets: &'static str,
    pub(crate) called: &'static str,
    pub(crate) rate: &'static str,
    pub(crate) per_second: &'static str,
    pub(crate) open: &'static str,
    pub(crate) pause: &'static str,
    pub(crate) resume: &'static str,
    pub(crate) end: &'static str,
    pub(crate) end_sure: &'static str,
    pub(crate) create: &'static str,
    pub(crate) name: &'static str,
    pub(crate) name_hint: &'static str,
    pub(crate) item: &'static str,
    pub(crate) description: &'static str,
    pub(crate) price: &'static str,
    pub(crate) price_hint: &'static str,
    pub(crate) currency: &'static str,
    pub(crate) units: &'static str,
    pub(crate) limit_per_buyer: &'static str,
    pub(crate) expected: &'static str,
    pub(crate) expected_hint: &'static str,
    pub(crate) refund: &'static str,
    pub(crate) refund_order: &'static str,
    pub(crate) refund_minor: &'static str,
    pub(crate) refund_restock: &'static str,
    pub(crate) refund_button: &'static str,
    pub(crate) opens_in: &'static str,
    pub(crate) opens_hint: &'static str,
    pub(crate) create_button: &'static str,
    pub(crate) reload: &'static str,
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn the_most_wanted_language_of_ours_is_spoken() {
        for (header, lang) in [
            ("", Lang::En),
            ("de-AT,de;q=0.9,en;q=0.8", Lang::De),
            ("fr-FR, en;q=0.7, de;q=0.8", Lang::De),
            ("en-GB,de;q=0.9", Lang::En),
            ("fr,*;q=0.5", Lang::En),
            ("de;q=0", Lang::En),
            ("de;q=x;;,,;", Lang::De),
        ] {
            assert_eq!(Lang::accepted(header), lang, "{header:?}");
        }
    }

    #[test]
    fn a_refusal_is_put_into_words_of_the_reader() {
        let sold_out = Problem::new(ProblemKind::SoldOut);
        assert_eq!(
            Lang::De.text().problem(&sold_out),
            Lang::De.text().error_sold_out
        );
        let unknown = Problem {
            kind: "about:blank".to_owned(),
            ..sold_out
        };
        assert_eq!(
            Lang::En.text().problem(&unknown),
            Lang::En.text().error_other
        );
    }
}
