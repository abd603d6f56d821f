-- Gives a place back. A ticket that holds a unit cannot leave.
--
-- KEYS  1 meta  2 left  3 passes  4 held  5 shoppers
-- ARGV  1 epoch  2 ticket number  3 shopper
-- Returns  1 when it left now or before, 0 when it holds a unit, -1 in another epoch
-- Cost  O(log passes)
-- Keeps  a place that was given back is never admitted; a key that gave its place back may join again, behind
if redis.call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return -1 end
if redis.call('HEXISTS', KEYS[4], ARGV[2]) == 1 then return 0 end
if redis.call('SADD', KEYS[2], ARGV[2]) == 1 then redis.call('HINCRBY', KEYS[1], 'seq', 1) end
redis.call('ZREM', KEYS[3], ARGV[2])
if redis.call('HGET', KEYS[5], ARGV[3]) == ARGV[2] then redis.call('HDEL', KEYS[5], ARGV[3]) end
return 1
