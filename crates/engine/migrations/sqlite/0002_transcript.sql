-- The join transcript as it was when the lobby closed: 44 bytes for each batch. Redis may forget it,
-- an auditor must still be able to recompute the draw.
ALTER TABLE sales ADD COLUMN draw_entries BLOB;
