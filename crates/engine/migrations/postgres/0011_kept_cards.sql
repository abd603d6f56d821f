-- For whom the provider keeps the card, while it does: the name that a hold has to give along with the card.
ALTER TABLE payments ADD COLUMN customer TEXT;
CREATE INDEX payments_kept ON payments (sale) WHERE customer IS NOT NULL;
