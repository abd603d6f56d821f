//! A request of the crowd, and how it may be refused.

use crate::tally::Step;
use protocol::{Problem, ProblemKind};
use reqwest::Method;
use serde::Serialize;

/// Which connections a call may use. Answers that take long must not stand in front of short ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Joining: the rush.
    Join,
    /// Pass and order: the few who buy do not queue behind those who only just arrive.
    Buy,
    /// Looking: challenge, status, standing, pages.
    Light,
    /// Asking for a hold on a card: the server answers when the bank has.
    Hold,
    /// The same for somebody who is called already.
    HoldNow,
}

/// What a request carries.
#[derive(Clone, Debug)]
pub enum Body {
    /// Nothing.
    None,
    /// JSON.
    Json(Vec<u8>),
    /// A form.
    Form(String),
}

impl Body {
    /// The value as JSON. Wire types always serialise; if one did not, the server would say so.
    pub fn json(value: &impl Serialize) -> Self {
        Self::Json(serde_json::to_vec(value).unwrap_or_default())
    }

    /// The pairs as a form.
    pub fn form(pairs: &[(&str, &str)]) -> Self {
        Self::Form(serde_urlencoded::to_string(pairs).unwrap_or_default())
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// The step of the journey that it belongs to.
    pub step: Step,
    /// Which connections it may use.
    pub lane: Lane,
    /// Method.
    pub method: Method,
    /// Path and query, from the client's base.
    pub path: String,
    /// Bearer token.
    pub bearer: Option<&'a str>,
    /// Headers by which it looks like somebody in particular; none for one of the crowd.
    pub headers: Vec<(&'static str, String)>,
    /// What it carries.
    pub body: Body,
}

impl Ask<'_> {
    /// Is it one of those that the whole crowd sends at once?
    pub(crate) fn in_bulk(&self) -> bool {
        matches!(self.step, Step::Challenge | Step::Captcha | Step::Join) && self.bearer.is_none()
    }
}

/// An answer that is not a success, or no answer at all.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// HTTP status; 0 when there was no answer.
    pub status: u16,
    /// The problem, when the answer was one.
    pub problem: Option<Problem>,
    /// What was answered, or why nothing was.
    pub body: String,
}

impl Refusal {
    /// Is it this problem?
    pub fn is(&self, kind: ProblemKind) -> bool {
        self.problem
            .as_ref()
            .is_some_and(|problem| problem.is(kind))
    }

    /// What an answer that is not a success says.
    pub fn read(status: u16, body: &[u8]) -> Self {
        Self {
            status,
            problem: serde_json::from_slice(body).ok(),
            body: String::from_utf8_lossy(body).into_owned(),
        }
    }

    /// A name to count it under.
    pub fn name(&self) -> String {
        match (&self.problem, self.status) {
            (Some(problem), _) => problem.name().to_owned(),
            (None, 0) => "no_answer".to_owned(),
            (None, status @ 200..300) => format!("unreadable_{status}"),
            (None, status) => format!("http_{status}"),
        }
    }

    /// Something that the herd itself finds wrong, although no request was refused.
    pub fn noticed(name: &str, body: String) -> Self {
        let problem = Problem {
            kind: name.to_owned(),
            title: String::new(),
            status: 0,
            detail: None,
            ahead: None,
            retry_after_ms: None,
        };
        Self {
            status: 0,
            problem: Some(problem),
            body,
        }
    }

    pub(crate) fn no_answer(error: &(dyn std::error::Error + 'static)) -> Self {
        let causes = std::iter::successors(Some(error), |e| e.source());
        let body: Vec<String> = causes.map(ToString::to_string).collect();
        Self {
            status: 0,
            problem: None,
            body: body.join(": "),
        }
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({}): {}", self.name(), self.status, self.body)
    }
}

impl std::error::Error for Refusal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_counted_under_the_name_of_its_problem() {
        let problem = serde_json::to_vec(&Problem::new(ProblemKind::SoldOut)).unwrap();
        assert!(Refusal::read(409, &problem).is(ProblemKind::SoldOut));
        assert_eq!(Refusal::read(409, &problem).name(), "sold_out");
        assert_eq!(Refusal::read(502, b"<html>").name(), "http_502");
    }
}
