//! What islands say.

use super::Plural;
use super::carried::texts;
use protocol::place::Odds;
use protocol::{Phase, Problem, ProblemKind};

texts! {
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
    /// What an edge says by itself, in the order of [`protocol::snapshot::Notice`].
    pub(crate) notices: [&'static str; 4],

    pub(crate) announced_title: &'static str,
    pub(crate) announced_text: &'static str,

    pub(crate) lobby_invite_title: &'static str,
    pub(crate) lobby_invite_text: &'static str,
    pub(crate) late_invite_title: &'static str,
    pub(crate) late_invite_text: &'static str,
    pub(crate) join: &'static str,
    pub(crate) join_note: &'static str,
    pub(crate) signals_why: &'static str,
    pub(crate) signals_text: &'static str,
    pub(crate) signals_refuse: &'static str,
    pub(crate) signals_refused: &'static str,
    pub(crate) signals_allow: &'static str,

    pub(crate) joining_title: &'static str,
    pub(crate) joining_text: &'static str,
    pub(crate) solving: &'static str,
    pub(crate) solved: &'static str,
    pub(crate) stop_solving: &'static str,
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
    /// Filled with [`Text::people`].
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
    pub(crate) another_card: &'static str,
    pub(crate) another_card_link: &'static str,
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
        } else if is(&[
            P::ChallengeInvalid,
            P::ChallengeSpent,
            P::ProofInvalid,
            P::CaptchaRequired,
        ]) {
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
