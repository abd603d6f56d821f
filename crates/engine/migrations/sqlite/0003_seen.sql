-- How far the line was seen to be: when Redis forgets, no number may be given again.
ALTER TABLE sales ADD COLUMN seen_tail BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sales ADD COLUMN seen_frontier BIGINT NOT NULL DEFAULT 0;
