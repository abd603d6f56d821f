-- How many units one buyer may have, and which of them this is: the proof behind the count in Redis.
ALTER TABLE sales ADD COLUMN limit_per_buyer BIGINT NOT NULL DEFAULT 1 CHECK (limit_per_buyer BETWEEN 1 AND 100);

-- 0 for the first unit of this email or card, and always less than the sale's limit.
ALTER TABLE buyer_keys ADD COLUMN nth BIGINT NOT NULL DEFAULT 0 CHECK (nth BETWEEN 0 AND 99);
ALTER TABLE buyer_keys DROP CONSTRAINT buyer_keys_sale_buyer_key;
ALTER TABLE buyer_keys ADD UNIQUE (sale, buyer, nth);
