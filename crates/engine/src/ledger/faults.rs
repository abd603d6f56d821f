//! Questions to the ledger whose every answer is something that must not be.
//!
//! Each is plain SQL that SQLite and Postgres read alike, `$1` the sale, `$2` a minute ago, and each answers
//! one sentence for each offending row. The audit puts them under the invariant they break.

use super::patience::InTime as _;
use super::{Ledger, sql};
use crate::Error;
use protocol::SaleId;

/// Offending rows that are named; beyond, only that there are more.
const NAMED: usize = 20;

/// Invariant by the number of the design, and the question.
const QUESTIONS: &[(u8, &str)] = &[
    (1, "SELECT 'unit ' || unit || ' does not exist, order ' || order_id || ' has it' FROM units
         WHERE sale = $1 AND (unit < 0 OR unit >= (SELECT units FROM sales WHERE sale = $1))"),
    (1, "SELECT 'unit ' || unit || ' has ' || count(*) || ' owners, orders ' || min(order_id) || ' and ' || max(order_id)
         FROM units WHERE sale = $1 GROUP BY unit HAVING count(*) > 1"),
    (1, "SELECT 'order ' || order_id || ' stands without its unit' FROM orders o
         WHERE sale = $1 AND status IN ('claimed', 'capturing', 'captured')
           AND NOT EXISTS (SELECT 1 FROM units u WHERE u.order_id = o.order_id AND u.unit = o.unit)"),
    (1, "SELECT 'unit ' || unit || ' belongs to order ' || order_id || ', which does not stand' FROM units u
         WHERE sale = $1 AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.order_id = u.order_id
           AND o.status IN ('claimed', 'capturing', 'captured', 'refunding', 'refunded'))"),
    (4, "SELECT 'one browser has ' || count(*) || ' units, orders ' || min(order_id) || ' and ' || max(order_id)
         FROM units WHERE sale = $1 GROUP BY buyer HAVING count(*) > 1"),
    (4, "SELECT 'one email or card has ' || count(*) || ' units, orders ' || min(order_id) || ' and ' || max(order_id)
         FROM buyer_keys WHERE sale = $1 GROUP BY buyer
         HAVING count(*) > (SELECT limit_per_buyer FROM sales WHERE sale = $1)"),
    (4, "SELECT 'order ' || order_id || ' has slot ' || nth || ' of a buyer, beyond the limit' FROM buyer_keys
         WHERE sale = $1 AND nth >= (SELECT limit_per_buyer FROM sales WHERE sale = $1)"),
    (4, "SELECT 'order ' || order_id || ' counts for no email and no card' FROM units u
         WHERE sale = $1 AND NOT EXISTS (SELECT 1 FROM buyer_keys k WHERE k.order_id = u.order_id)"),
    (5, "SELECT 'ticket ' || number || ' has ' || count(*) || ' orders, ' || min(order_id) || ' and ' || max(order_id)
         FROM orders WHERE sale = $1 AND status IN ('claimed', 'capturing', 'captured')
         GROUP BY number HAVING count(*) > 1"),
    (5, "SELECT 'payment ' || payment || ' pays for ' || count(*) || ' orders, ' || min(order_id) || ' and ' || max(order_id)
         FROM orders WHERE sale = $1 AND payment IS NOT NULL GROUP BY payment HAVING count(*) > 1"),
    (6, "SELECT 'order ' || o.order_id || ' is ' || o.status || ' and its payment ' || p.payment || ' is ' || p.status
         FROM orders o JOIN payments p ON p.payment = o.payment WHERE o.sale = $1
           AND ((o.status IN ('claimed', 'capturing') AND p.status <> 'capturing')
             OR (o.status = 'captured' AND p.status <> 'captured')
             OR (o.status = 'failed' AND p.status NOT IN ('voiding', 'voided', 'declined')))"),
    (6, "SELECT 'payment ' || payment || ' is ' || status || ' without an order' FROM payments p
         WHERE sale = $1 AND status IN ('capturing', 'captured')
           AND NOT EXISTS (SELECT 1 FROM orders o WHERE o.payment = p.payment AND o.status <> 'failed')"),
    (6, "SELECT 'payment ' || payment || ' is captured and has ' ||
           (SELECT count(*) FROM journal j WHERE j.payment = p.payment AND j.entry = 'capture') || ' lines in the journal, not two'
         FROM payments p WHERE sale = $1 AND status = 'captured'
           AND (SELECT count(*) FROM journal j WHERE j.payment = p.payment AND j.entry = 'capture'
                AND abs(j.minor) = p.amount_minor AND j.currency = p.currency) <> 2"),
    (6, "SELECT 'the journal has lines for payment ' || j.payment || ', which is ' || p.status
         FROM journal j JOIN payments p ON p.payment = j.payment
         WHERE j.sale = $1 AND j.account = 'sales' AND p.status <> 'captured'"),
    (6, "SELECT 'refund ' || refund || ' over ' || minor || ' is refunded and not in the journal' FROM refunds r
         JOIN payments p ON p.payment = r.payment WHERE p.sale = $1 AND r.status = 'refunded'
           AND (SELECT count(*) FROM journal j WHERE j.payment = r.payment AND j.entry = 'refund:' || r.nth
                AND abs(j.minor) = r.minor AND j.currency = p.currency) <> 2"),
    (6, "SELECT 'payment ' || p.payment || ' is over ' || amount_minor || ' and ' || sum(r.minor) || ' went back'
         FROM refunds r JOIN payments p ON p.payment = r.payment WHERE p.sale = $1 AND r.status <> 'refused'
         GROUP BY p.payment, amount_minor HAVING sum(r.minor) > amount_minor"),
    (6, "SELECT 'refund ' || refund || ' is under way and nothing is owed to the provider for it' FROM refunds r
         JOIN payments p ON p.payment = r.payment WHERE p.sale = $1 AND r.status = 'refunding'
           AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.payment = r.payment AND b.done_at IS NULL AND b.priority = 4)"),
    (6, "SELECT 'the journal sums to ' || sum(minor) || ' ' || currency FROM journal WHERE sale = $1
         GROUP BY currency HAVING sum(minor) <> 0"),
    (6, "SELECT 'payment ' || p.payment || ' is over another amount than the price' FROM payments p
         JOIN sales s ON s.sale = p.sale WHERE p.sale = $1
           AND (p.amount_minor <> s.price_minor OR p.currency <> s.currency)"),
    (6, "SELECT 'payment ' || payment || ' is ' || status || ' and nothing is owed to the provider for it'
         FROM payments p WHERE sale = $1 AND status IN ('processing', 'capturing', 'voiding')
           AND waits_rank IS NULL AND NOT EXISTS (SELECT 1 FROM outbox b WHERE b.payment = p.payment AND b.done_at IS NULL
             AND b.priority = CASE p.status WHEN 'capturing' THEN 0 WHEN 'voiding' THEN 1 ELSE 2 END)"),
    (6, "SELECT 'duty ' || id || ' is for payment ' || payment || ', which does not exist' FROM outbox b
         WHERE payment LIKE $1 || ':%' AND NOT EXISTS (SELECT 1 FROM payments p WHERE p.payment = b.payment)"),
    (6, "SELECT 'payment ' || payment || ' is still ' || status || ', a minute after the sale was decided'
         FROM payments WHERE sale = $1 AND status IN ('authorized', 'requires_action')
           AND (EXISTS (SELECT 1 FROM sales WHERE sale = $1 AND ended_at < $2)
             OR (SELECT count(*) FROM orders WHERE sale = $1 AND status = 'captured' AND captured_at < $2)
                >= (SELECT units FROM sales WHERE sale = $1))"),
];

impl Ledger {
    /// Everything that must not be: the invariant it breaks, and one sentence for each row.
    pub(crate) async fn faults(&self, sale: &SaleId, now: u64) -> Result<Vec<(u8, String)>, Error> {
        let mut faults = Vec::new();
        for (invariant, question) in QUESTIONS {
            let mut query = sqlx::query_scalar::<_, String>(*question).bind(sale.as_str());
            if question.contains("$2") {
                query = query.bind(sql(now.saturating_sub(60_000)));
            }
            let answers = query.fetch_all(&self.pool).in_time().await?;
            let more = answers.len().saturating_sub(NAMED);
            faults.extend(answers.into_iter().take(NAMED).map(|it| (*invariant, it)));
            if more > 0 {
                faults.push((*invariant, format!("and {more} more like the last one")));
            }
        }
        Ok(faults)
    }
}
