//! What takes a ticket or a pass: looking, leaving, holding a card, buying.

use super::{Bad, Held, altered, bad};
use reqwest::Method;
use serde_json::json;

/// Tickets.
pub(super) fn tickets(held: &Held) -> Vec<Bad> {
    let Held {
        ticket, elsewhere, ..
    } = held;
    vec![
        bad(
            "no ticket",
            Method::GET,
            "/api/v1/sales/one/tickets/me",
            401,
            "ticket_missing",
        ),
        bad(
            "another sale's ticket",
            Method::GET,
            "/api/v1/sales/one/tickets/me",
            401,
            "ticket_invalid",
        )
        .token(elsewhere),
        bad(
            "altered ticket",
            Method::GET,
            "/api/v1/sales/one/tickets/me",
            401,
            "ticket_invalid",
        )
        .token(altered(ticket)),
        bad(
            "truncated ticket",
            Method::GET,
            "/api/v1/sales/one/tickets/me",
            401,
            "ticket_invalid",
        )
        .token(&ticket[..ticket.len() - 2]),
        bad(
            "garbage ticket",
            Method::GET,
            "/api/v1/sales/one/tickets/me",
            401,
            "ticket_invalid",
        )
        .token("x".repeat(3000)),
        bad(
            "leaving without a ticket",
            Method::DELETE,
            "/api/v1/sales/one/tickets/me",
            401,
            "ticket_missing",
        ),
        bad(
            "leaving with another's",
            Method::DELETE,
            "/api/v1/sales/one/tickets/me",
            401,
            "ticket_invalid",
        )
        .token(elsewhere),
    ]
}

/// Cards, passes and orders.
pub(super) fn purchases(held: &Held) -> Vec<Bad> {
    let Held {
        ticket, elsewhere, ..
    } = held;
    let card = json!({ "payment_method": "pm_card_visa", "email": "a@example.org" });
    vec![
        bad(
            "no ticket",
            Method::POST,
            "/api/v1/sales/one/authorizations",
            401,
            "ticket_missing",
        )
        .json(card.clone()),
        bad(
            "wrong type",
            Method::POST,
            "/api/v1/sales/one/authorizations",
            400,
            "bad_request",
        )
        .token(ticket)
        .json(json!({ "payment_method": [] })),
        bad(
            "a card number",
            Method::POST,
            "/api/v1/sales/one/authorizations",
            422,
            "unprocessable",
        )
        .token(ticket)
        .json(json!({ "payment_method": "4242 4242 4242 4242", "email": "a@example.org" })),
        bad(
            "no email",
            Method::POST,
            "/api/v1/sales/one/authorizations",
            422,
            "unprocessable",
        )
        .token(ticket)
        .json(json!({ "payment_method": "pm_card_visa", "email": "nobody" })),
        bad(
            "another sale's ticket",
            Method::POST,
            "/api/v1/sales/one/authorizations",
            401,
            "ticket_invalid",
        )
        .token(elsewhere)
        .json(card.clone()),
        bad(
            "before the draw",
            Method::POST,
            "/api/v1/sales/one/passes",
            409,
            "wrong_phase",
        )
        .token(ticket),
        bad(
            "no ticket",
            Method::POST,
            "/api/v1/sales/one/passes",
            401,
            "ticket_missing",
        ),
        bad(
            "no pass",
            Method::POST,
            "/api/v1/sales/one/orders",
            401,
            "pass_invalid",
        ),
        bad(
            "a ticket as pass",
            Method::POST,
            "/api/v1/sales/one/orders",
            401,
            "pass_invalid",
        )
        .token(ticket),
        bad(
            "unknown sale",
            Method::POST,
            "/api/v1/sales/none/orders",
            404,
            "unknown_sale",
        )
        .token(ticket),
        bad(
            "unknown order",
            Method::GET,
            "/api/v1/orders/none",
            404,
            "unknown_order",
        )
        .token(ticket),
        bad(
            "no ticket",
            Method::GET,
            "/api/v1/orders/none",
            401,
            "ticket_missing",
        ),
        bad(
            "altered ticket",
            Method::GET,
            "/api/v1/orders/none",
            401,
            "ticket_invalid",
        )
        .token(altered(ticket)),
    ]
}
