-- A pause outlives Redis: the message that everyone reads while it lasts, NULL when the sale goes on.
ALTER TABLE sales ADD COLUMN paused TEXT;
