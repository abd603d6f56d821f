-- The ledger: what is final. Redis is fast and may forget; these rows decide.

CREATE TABLE sales (
    sale            TEXT PRIMARY KEY,
    title           TEXT NOT NULL,
    description     TEXT NOT NULL,
    price_minor     BIGINT NOT NULL CHECK (price_minor > 0),
    currency        TEXT NOT NULL,
    units           BIGINT NOT NULL CHECK (units > 0),
    lobby_at        BIGINT NOT NULL,
    opens_at        BIGINT NOT NULL,
    fold_in_ms      BIGINT NOT NULL,
    rate            BIGINT NOT NULL CHECK (rate > 0),
    -- Published as SHA-256 before the lobby, revealed with the draw.
    draw_secret     TEXT NOT NULL,
    -- The draw, once made: it is made once.
    draw_size       BIGINT,
    draw_transcript TEXT,
    draw_seed       TEXT,
    epoch           BIGINT NOT NULL DEFAULT 1,
    created_at      BIGINT NOT NULL,
    ended_at        BIGINT
);

-- The proof against overselling: a unit of a sale has one row, a buyer has one row.
CREATE TABLE units (
    sale     TEXT NOT NULL REFERENCES sales (sale),
    unit     BIGINT NOT NULL,
    buyer    TEXT NOT NULL,
    order_id TEXT NOT NULL,
    UNIQUE (sale, unit),
    UNIQUE (sale, buyer)
);

-- Whatever else identifies a buyer: email, card. One win each.
CREATE TABLE buyer_keys (
    sale     TEXT NOT NULL,
    buyer    TEXT NOT NULL,
    order_id TEXT NOT NULL,
    UNIQUE (sale, buyer)
);

-- One row for each hold that was asked for; a declined card is followed by another attempt.
CREATE TABLE payments (
    payment        TEXT PRIMARY KEY,
    sale           TEXT NOT NULL REFERENCES sales (sale),
    number         BIGINT NOT NULL,
    attempt        BIGINT NOT NULL,
    status         TEXT NOT NULL CHECK (status IN ('processing', 'requires_action', 'authorized', 'declined', 'capturing', 'captured', 'voiding', 'voided')),
    payment_method TEXT NOT NULL,
    email          TEXT NOT NULL,
    amount_minor   BIGINT NOT NULL,
    currency       TEXT NOT NULL,
    intent         TEXT,
    action_url     TEXT,
    decline_code   TEXT,
    brand          TEXT,
    last4          TEXT,
    card           TEXT,
    created_at     BIGINT NOT NULL,
    updated_at     BIGINT NOT NULL,
    UNIQUE (sale, number, attempt)
);
CREATE INDEX payments_by_status ON payments (sale, status);
CREATE INDEX payments_by_intent ON payments (intent);

CREATE TABLE orders (
    order_id     TEXT PRIMARY KEY,
    sale         TEXT NOT NULL REFERENCES sales (sale),
    number       BIGINT NOT NULL,
    -- 'abandoned' is the tombstone of a reservation that was given back: it can never be claimed.
    status       TEXT NOT NULL CHECK (status IN ('claimed', 'capturing', 'captured', 'failed', 'refunding', 'refunded', 'abandoned')),
    unit         BIGINT,
    payment      TEXT REFERENCES payments (payment),
    claimed_at   BIGINT,
    captured_at  BIGINT,
    updated_at   BIGINT NOT NULL
);
CREATE INDEX orders_by_ticket ON orders (sale, number);

-- What is owed to the payment provider. One driver at a time holds the lease of a row.
CREATE TABLE outbox (
    id          INTEGER PRIMARY KEY,
    -- 0 capture, 1 void, 2 authorize: smaller goes first.
    priority    BIGINT NOT NULL,
    payment     TEXT NOT NULL REFERENCES payments (payment),
    due_at      BIGINT NOT NULL,
    lease_until BIGINT NOT NULL DEFAULT 0,
    attempts    BIGINT NOT NULL DEFAULT 0,
    done_at     BIGINT,
    last_error  TEXT,
    UNIQUE (payment, priority)
);
CREATE INDEX outbox_due ON outbox (priority, due_at) WHERE done_at IS NULL;

CREATE TABLE webhook_events (
    event       TEXT PRIMARY KEY,
    kind        TEXT NOT NULL,
    received_at BIGINT NOT NULL
);

-- Double entry: the lines of one payment sum to zero.
CREATE TABLE journal (
    id       INTEGER PRIMARY KEY,
    sale     TEXT NOT NULL,
    payment  TEXT NOT NULL,
    account  TEXT NOT NULL,
    minor    BIGINT NOT NULL,
    currency TEXT NOT NULL,
    at       BIGINT NOT NULL,
    UNIQUE (payment, account)
);

CREATE TABLE audit_log (
    id     INTEGER PRIMARY KEY,
    at     BIGINT NOT NULL,
    sale   TEXT,
    act    TEXT NOT NULL,
    detail TEXT NOT NULL
);
