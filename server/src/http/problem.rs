//! Refusals on the wire: `application/problem+json` (RFC 9457), one mapping for all errors.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use engine::Error;
use protocol::{Problem, ProblemKind};

/// A refused request.
#[derive(Debug)]
pub(super) struct Refusal(Problem);

pub(super) type Answer<T> = Result<T, Refusal>;

impl Refusal {
    pub(super) fn of(kind: ProblemKind) -> Self {
        Self(Problem::new(kind))
    }

    pub(super) fn because(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self(Problem::new(kind).with_detail(detail))
    }

    pub(super) fn text(&self) -> String {
        self.0
            .detail
            .clone()
            .unwrap_or_else(|| self.0.title.clone())
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let mut problem = Problem::new(error.kind());
        if error.is_fault() {
            // Our insides are for the log, not for the caller.
            tracing::error!(%error, "a request failed");
            problem = problem.with_detail(
                "Nothing was sold or charged by this request. Please try again in a moment.",
            );
        } else {
            problem = problem.with_detail(error.to_string());
        }
        if let Error::NotCalledYet { ahead } = error {
            problem.ahead = Some(ahead);
        }
        if let Error::Crowded { retry_after_ms } = error {
            problem.retry_after_ms = Some(retry_after_ms);
        }
        if problem.status == 503 {
            problem.retry_after_ms = Some(1000);
        }
        Self(problem)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = self.0;
        let status =
            StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(after) = problem.retry_after_ms {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(after.div_ceil(1000)));
        }
        response
    }
}
