-- How many units one buyer may have, and which of them this is: the proof behind the count in Redis.
ALTER TABLE sales ADD COLUMN limit_per_buyer BIGINT NOT NULL DEFAULT 1 CHECK (limit_per_buyer BETWEEN 1 AND 100);

CREATE TABLE buyer_slots (
    sale     TEXT NOT NULL,
    buyer    TEXT NOT NULL,
    -- 0 for the first unit of this email or card, and always less than the sale's limit.
    nth      BIGINT NOT NULL CHECK (nth BETWEEN 0 AND 99),
    order_id TEXT NOT NULL,
    UNIQUE (sale, buyer, nth)
);
INSERT INTO buyer_slots (sale, buyer, nth, order_id) SELECT sale, buyer, 0, order_id FROM buyer_keys;
DROP TABLE buyer_keys;
ALTER TABLE buyer_slots RENAME TO buyer_keys;
CREATE INDEX buyer_keys_by_order ON buyer_keys (order_id);
CREATE INDEX units_by_order ON units (order_id);
CREATE INDEX orders_by_payment ON orders (payment);
