-- The line: who has which place. Written before anyone is told; when Redis forgets, it comes from here.
-- One row is a run of consecutive numbers. Runs of a sale never overlap: a number has one owner.
CREATE TABLE places (
    sale         TEXT NOT NULL REFERENCES sales (sale),
    first_number BIGINT NOT NULL,
    -- 16 bytes for each number of the run, in order: the shopper.
    shoppers     BLOB NOT NULL,
    -- The root over the joins of the batch that gave these numbers out: with first number and count, its entry
    -- in the transcript. NULL when they were first told to somebody who asked again.
    root         BLOB,
    epoch        BIGINT NOT NULL,
    PRIMARY KEY (sale, first_number)
);

-- Places that were given back.
CREATE TABLE departures (
    sale   TEXT NOT NULL REFERENCES sales (sale),
    number BIGINT NOT NULL,
    PRIMARY KEY (sale, number)
);

-- Units on their way back to Redis: written with the refusal that frees the unit, done when Redis has it.
CREATE TABLE returns (
    order_id TEXT PRIMARY KEY REFERENCES orders (order_id),
    sale     TEXT NOT NULL REFERENCES sales (sale),
    number   BIGINT NOT NULL,
    done     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX returns_open ON returns (sale) WHERE done = 0;

-- Life and age of the Redis state as they were last seen, beside tail and frontier.
ALTER TABLE sales ADD COLUMN seen_epoch BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sales ADD COLUMN seen_seq BIGINT NOT NULL DEFAULT 0;

-- Whose payment it is: the ticket's shopper, in hexadecimal; empty in rows that are older than this column.
ALTER TABLE payments ADD COLUMN shopper TEXT NOT NULL DEFAULT '';
