-- Gives a unit back to the free ones: a reservation that was not claimed, or a claim whose payment failed.
--
-- KEYS  1 meta  2 stock  3 held  4 leases  5 returned  6 buyers
-- ARGV  1 epoch  2 ticket number  3 order  4 'reserved' or 'claimed': how the order holds the unit
-- Returns  1 when this order held the unit so, 0 when it did not (a stale releaser frees nothing), -1 in another epoch
-- Cost  O(log reserved + buyer's keys)
-- Keeps  free + reserved + claimed = total; a unit that was sold again cannot be freed by its former holder
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return -1 end
local held = redis.call('HGET', KEYS[3], ARGV[2])
if not held then return 0 end
local order, unit, buyers = string.match(held, '^([^|]*)|([^|]*)|(.*)$')
if order ~= ARGV[3] then return 0 end
local reserved = redis.call('ZSCORE', KEYS[4], ARGV[2])
if (ARGV[4] == 'reserved') ~= (reserved ~= false) then return 0 end
if reserved then redis.call('ZREM', KEYS[4], ARGV[2]) end
redis.call('HDEL', KEYS[3], ARGV[2])
redis.call('RPUSH', KEYS[5], unit)
redis.call('INCR', KEYS[2])
for buyer in string.gmatch(buyers, '[^,]+') do
  if redis.call('HINCRBY', KEYS[6], buyer, -1) <= 0 then redis.call('HDEL', KEYS[6], buyer) end
end
redis.call('HINCRBY', KEYS[1], 'seq', 1)
return 1
