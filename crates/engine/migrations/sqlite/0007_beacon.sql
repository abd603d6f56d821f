-- The public beacon whose value is mixed into the draw's seed ('genesis period url', empty for none), and that value.
ALTER TABLE sales ADD COLUMN beacon TEXT NOT NULL DEFAULT '';
ALTER TABLE sales ADD COLUMN draw_beacon TEXT;
