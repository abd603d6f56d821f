//! A sale's orders as a table for whoever sends the parcels (CSV, RFC 4180).

use super::body::SalePath;
use super::problem::Answer;
use super::session::Operator;
use super::state::AppState;
use crate::utc::rfc3339;
use axum::BoxError;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use engine::Engine;
use futures::stream;
use protocol::wire::SoldOrder;
use protocol::{Problem, SaleId};

/// Amounts are integer minor units, times are UTC (RFC 3339).
const COLUMNS: [&str; 9] = [
    "order",
    "unit",
    "status",
    "email",
    "currency",
    "amount_minor",
    "refunded_minor",
    "claimed_at",
    "captured_at",
];

/// All orders of a sale as a table, in the order in which they were claimed.
#[utoipa::path(get, path = "/operator/sales/{sale}/orders.csv", tag = "operator", params(("sale" = String, Path)),
    responses((status = 200, content_type = "text/csv", description = "amounts in minor units, times in UTC"),
        (status = 404, body = Problem, description = "unknown_sale")))]
pub(super) async fn orders(
    _: Operator,
    State(state): State<AppState>,
    SalePath(sale): SalePath,
) -> Answer<Response> {
    // Whatever fails does so before there is a table.
    let first = state.engine.sold_after(&sale, None).await?;
    let begun = Export {
        engine: state.engine.clone(),
        sale: sale.clone(),
        page: first,
        headed: false,
    };
    let rows = stream::try_unfold(begun, Export::next);
    let name = format!("attachment; filename=\"{sale}-orders.csv\"");
    Ok((
        [
            (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        [(header::CONTENT_DISPOSITION, name)],
        Body::from_stream(rows),
    )
        .into_response())
}

/// How far a table was written: a page is read when the one before has gone out.
struct Export {
    engine: Engine,
    sale: SaleId,
    page: Vec<SoldOrder>,
    /// The names of the columns have gone out.
    headed: bool,
}

impl Export {
    async fn next(mut self) -> Result<Option<(Bytes, Self)>, BoxError> {
        if self.headed && self.page.is_empty() {
            return Ok(None);
        }
        let bytes = written(&self.page, !self.headed)?;
        self.headed = true;
        if let Some(last) = self.page.last() {
            self.page = self.engine.sold_after(&self.sale, Some(last)).await?;
        }
        Ok(Some((bytes, self)))
    }
}

fn written(page: &[SoldOrder], headed: bool) -> Result<Bytes, BoxError> {
    let mut table = csv::Writer::from_writer(Vec::new());
    if headed {
        table.write_record(COLUMNS)?;
    }
    for order in page {
        table.write_record(row(order)?)?;
    }
    Ok(table.into_inner()?.into())
}

fn row(order: &SoldOrder) -> Result<[String; COLUMNS.len()], BoxError> {
    Ok([
        order.order.clone(),
        order.unit.to_string(),
        order.status.clone(),
        harmless(&order.email),
        order.amount.currency.as_str().to_owned(),
        order.amount.minor.to_string(),
        order.refunded_minor.to_string(),
        rfc3339(order.claimed_at)?,
        order
            .captured_at
            .map(rfc3339)
            .transpose()?
            .unwrap_or_default(),
    ])
}

/// A shopper's text that no spreadsheet takes for a formula: one that begins like one gets a quote in front (OWASP, "CSV
/// Injection").
fn harmless(text: &str) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use protocol::{Currency, Money, UnitNo};

    fn order(email: &str, captured_at: Option<u64>) -> SoldOrder {
        SoldOrder {
            order: "o1".to_owned(),
            unit: UnitNo(7),
            status: "captured".to_owned(),
            email: email.to_owned(),
            amount: Money {
                minor: 12900,
                currency: Currency::parse("EUR").unwrap(),
            },
            refunded_minor: 0,
            claimed_at: 1_795_000_000_123,
            captured_at,
        }
    }

    fn table(page: &[SoldOrder]) -> String {
        String::from_utf8(written(page, true).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn a_table_of_nothing_has_its_head() {
        assert_eq!(table(&[]), COLUMNS.join(",") + "\n");
    }

    #[test]
    fn a_text_that_looks_like_a_formula_is_none() {
        let page = [
            order("=HYPERLINK(\"http://evil\")@x.org", Some(1_795_000_001_000)),
            order("ada@example.org", None),
        ];
        let table = table(&page);
        let rows: Vec<&str> = table.lines().skip(1).collect();
        assert_eq!(
            rows,
            [
                "o1,7,captured,\"'=HYPERLINK(\"\"http://evil\"\")@x.org\",EUR,12900,0,2026-11-18T11:06:40.123Z,2026-11-18T11:06:41Z",
                "o1,7,captured,ada@example.org,EUR,12900,0,2026-11-18T11:06:40.123Z,",
            ]
        );
    }
}
