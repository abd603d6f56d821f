-- Turns a reservation into a claim, after the ledger made it durable. Many may confirm, it happens once.
--
-- KEYS  1 meta  2 held  3 leases  4 passes
-- ARGV  1 epoch  2 ticket number  3 order
-- Returns  1 when it was reserved by this order, 0 when there was nothing to do, -1 in another epoch
-- Cost  O(log passes)
-- Keeps  free + reserved + claimed = total
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return -1 end
local held = redis.call('HGET', KEYS[2], ARGV[2])
if not held or string.match(held, '^([^|]*)|') ~= ARGV[3] then return 0 end
if redis.call('ZREM', KEYS[3], ARGV[2]) == 0 then return 0 end
redis.call('ZREM', KEYS[4], ARGV[2])
redis.call('HINCRBY', KEYS[1], 'seq', 1)
return 1
