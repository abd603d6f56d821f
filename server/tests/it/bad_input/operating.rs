//! What only the operator may do.

use super::{Bad, Held, bad};
use reqwest::Method;
use serde_json::{Value, json};

/// The console.
pub(super) fn console(held: &Held) -> Vec<Bad> {
    let Held {
        ticket, operator, ..
    } = held;
    let sale = |field: &str, value: Value| {
        let mut new = json!({ "sale": "three", "title": "T", "units": 1, "price": { "minor": 1, "currency": "EUR" }, "opens_at": 99_999_999_999_999u64 });
        new[field] = value;
        new
    };
    vec![
        bad(
            "clearing nobody",
            Method::POST,
            "/api/v1/operator/sales/one/decisions/0123456789abcdef/clear",
            422,
            "unprocessable",
        )
        .token(operator),
        bad(
            "clearing what is no reference",
            Method::POST,
            "/api/v1/operator/sales/one/decisions/ada/clear",
            422,
            "unprocessable",
        )
        .token(operator),
        bad(
            "clearing without a session",
            Method::POST,
            "/api/v1/operator/sales/one/decisions/0123456789abcdef/clear",
            401,
            "login_required",
        ),
        bad(
            "decisions of an unknown sale",
            Method::GET,
            "/api/v1/operator/sales/none/decisions",
            404,
            "unknown_sale",
        )
        .token(operator),
        bad(
            "wrong password",
            Method::POST,
            "/api/v1/operator/login",
            401,
            "login_required",
        )
        .json(json!({ "password": "guess" })),
        bad(
            "no session",
            Method::GET,
            "/api/v1/operator/sales",
            401,
            "login_required",
        ),
        bad(
            "a ticket as session",
            Method::GET,
            "/api/v1/operator/sales",
            401,
            "login_required",
        )
        .token(ticket),
        bad(
            "no session",
            Method::POST,
            "/api/v1/operator/sales/one/end",
            401,
            "login_required",
        ),
        bad(
            "no session",
            Method::GET,
            "/api/v1/operator/sales/one/audit",
            401,
            "login_required",
        ),
        bad(
            "unknown act",
            Method::POST,
            "/api/v1/operator/sales/one/explode",
            404,
            "not_found",
        )
        .token(operator),
        bad(
            "unknown sale",
            Method::POST,
            "/api/v1/operator/sales/none/pause",
            404,
            "unknown_sale",
        )
        .token(operator),
        bad(
            "resume what runs",
            Method::POST,
            "/api/v1/operator/sales/one/resume",
            409,
            "wrong_phase",
        )
        .token(operator),
        bad(
            "editing without a session",
            Method::PATCH,
            "/api/v1/operator/sales/one",
            401,
            "login_required",
        )
        .json(json!({ "title": "Mine" })),
        bad(
            "editing an unknown sale",
            Method::PATCH,
            "/api/v1/operator/sales/none",
            404,
            "unknown_sale",
        )
        .token(operator)
        .json(json!({ "title": "T" })),
        bad(
            "editing what is promised",
            Method::PATCH,
            "/api/v1/operator/sales/one",
            400,
            "bad_request",
        )
        .token(operator)
        .json(json!({ "units": 4 })),
        bad(
            "editing nothing",
            Method::PATCH,
            "/api/v1/operator/sales/one",
            422,
            "unprocessable",
        )
        .token(operator)
        .json(json!({})),
        bad(
            "no title",
            Method::PATCH,
            "/api/v1/operator/sales/one",
            422,
            "unprocessable",
        )
        .token(operator)
        .json(json!({ "title": "" })),
        bad(
            "a sale that opened yesterday, and a title that nobody shall read",
            Method::PATCH,
            "/api/v1/operator/sales/one",
            422,
            "unprocessable",
        )
        .token(operator)
        .json(json!({ "title": "T", "opens_at": 1 })),
        bad(
            "acts without a session",
            Method::GET,
            "/api/v1/operator/sales/one/acts",
            401,
            "login_required",
        ),
        bad(
            "acts on an unknown sale",
            Method::GET,
            "/api/v1/operator/sales/none/acts",
            404,
            "unknown_sale",
        )
        .token(operator),
        bad(
            "the table of orders without a session",
            Method::GET,
            "/api/v1/operator/sales/one/orders.csv",
            401,
            "login_required",
        ),
        bad(
            "the table of an unknown sale",
            Method::GET,
            "/api/v1/operator/sales/none/orders.csv",
            404,
            "unknown_sale",
        )
        .token(operator),
        bad(
            "orders without a session",
            Method::GET,
            "/api/v1/operator/sales/one/orders",
            401,
            "login_required",
        ),
        bad(
            "orders of an unknown sale",
            Method::GET,
            "/api/v1/operator/sales/none/orders",
            404,
            "unknown_sale",
        )
        .token(operator),
        bad(
            "a refund without a session",
            Method::POST,
            "/api/v1/operator/sales/one/orders/none/refund",
            401,
            "login_required",
        ),
        bad(
            "a refund of an unknown order",
            Method::POST,
            "/api/v1/operator/sales/one/orders/none/refund",
            404,
            "unknown_order",
        )
        .token(operator),
        bad(
            "a refund in words",
            Method::POST,
            "/api/v1/operator/sales/one/orders/none/refund",
            400,
            "bad_request",
        )
        .token(operator)
        .json(json!({ "minor": "all" })),
        bad(
            "no rate",
            Method::POST,
            "/api/v1/operator/sales/one/rate",
            400,
            "bad_request",
        )
        .token(operator),
        bad(
            "zero rate",
            Method::POST,
            "/api/v1/operator/sales/one/rate",
            422,
            "unprocessable",
        )
        .token(operator)
        .json(json!({ "rate": 0 })),
        bad(
            "a name that breaks keys",
            Method::POST,
            "/api/v1/operator/sales",
            400,
            "bad_request",
        )
        .token(operator)
        .json(sale("sale", json!("a}b"))),
        bad(
            "a name that is taken",
            Method::POST,
            "/api/v1/operator/sales",
            422,
            "unprocessable",
        )
        .token(operator)
        .json(sale("units", json!(0))),
        bad(
            "a limit per buyer of nothing",
            Method::POST,
            "/api/v1/operator/sales",
            422,
            "unprocessable",
        )
        .token(operator)
        .json(sale("limit_per_buyer", json!(0))),
        bad(
            "a limit per buyer beyond the most",
            Method::POST,
            "/api/v1/operator/sales",
            422,
            "unprocessable",
        )
        .token(operator)
        .json(sale("limit_per_buyer", json!(101))),
        bad(
            "no such currency",
            Method::POST,
            "/api/v1/operator/sales",
            400,
            "bad_request",
        )
        .token(operator)
        .json(sale("price", json!({ "minor": 1, "currency": "EURO" }))),
        bad(
            "a price of nothing",
            Method::POST,
            "/api/v1/operator/sales",
            422,
            "unprocessable",
        )
        .token(operator)
        .json(sale("price", json!({ "minor": 0, "currency": "EUR" }))),
        bad(
            "opens in the past",
            Method::POST,
            "/api/v1/operator/sales",
            422,
            "unprocessable",
        )
        .token(operator)
        .json(sale("opens_at", json!(1))),
        bad(
            "opens in a thousand years",
            Method::POST,
            "/api/v1/operator/sales",
            422,
            "unprocessable",
        )
        .token(operator)
        .json(sale("units", json!(1))),
    ]
}
