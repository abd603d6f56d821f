-- Nobody wants this hold any more, and the provider's answer is still out: it is released as soon as it stands.
ALTER TABLE payments ADD COLUMN unwanted BIGINT NOT NULL DEFAULT 0;
-- When the hold was made, Unix ms: banks let go of it after some days.
ALTER TABLE payments ADD COLUMN held_at BIGINT;
-- The card is kept and no hold is asked for yet: its rank, -1 until the draw is made, NULL when it waits for nothing.
ALTER TABLE payments ADD COLUMN waits_rank BIGINT;
CREATE INDEX payments_waiting ON payments (sale, waits_rank) WHERE waits_rank IS NOT NULL;
-- When the card is held: 'on_entry', as people come, or 'by_rank', as their turn nears.
ALTER TABLE sales ADD COLUMN policy TEXT NOT NULL DEFAULT 'on_entry' CHECK (policy IN ('on_entry', 'by_rank'));

-- Idempotency keys of this duty that the provider has used up: it keeps a failure as the answer to each of them.
ALTER TABLE outbox ADD COLUMN keys_spent BIGINT NOT NULL DEFAULT 0;

-- When the provider may be called next, µs since 1970: one bucket for all processes on this ledger.
CREATE TABLE pace (
    provider TEXT PRIMARY KEY,
    next_at  BIGINT NOT NULL
);
INSERT INTO pace (provider, next_at) VALUES ('provider', 0);

-- Money that goes back. One of a payment is under way at a time.
CREATE TABLE refunds (
    refund     TEXT PRIMARY KEY,
    payment    TEXT NOT NULL REFERENCES payments (payment),
    order_id   TEXT NOT NULL REFERENCES orders (order_id),
    nth        BIGINT NOT NULL,
    minor      BIGINT NOT NULL CHECK (minor > 0),
    status     TEXT NOT NULL CHECK (status IN ('refunding', 'refunded', 'refused')),
    -- Does the unit go back to the next in line with it?
    restock    BIGINT NOT NULL DEFAULT 0,
    -- The provider's name for it, once known, and why it refused.
    provider   TEXT,
    reason     TEXT,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (payment, nth)
);
CREATE UNIQUE INDEX refunds_under_way ON refunds (payment) WHERE status = 'refunding';

-- A payment is captured once and may be refunded several times: each is an entry of its own that sums to zero.
ALTER TABLE journal ADD COLUMN entry TEXT NOT NULL DEFAULT 'capture';
ALTER TABLE journal DROP CONSTRAINT journal_payment_account_key;
ALTER TABLE journal ADD UNIQUE (payment, entry, account);
