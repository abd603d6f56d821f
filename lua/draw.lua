-- Publishes the draw and opens the sale, once.
--
-- KEYS  1 meta
-- ARGV  1 epoch  2 size  3 transcript root  4 secret  5 seed  6 value of the public beacon, empty for none
-- Returns  1 when this call published it, 0 when it was published before or the size is not the fixed one
-- Cost  O(1)
-- Keeps  the draw is made once, from the lobby as it was when it closed
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'phase', 'size', 'seed')
if meta[1] ~= ARGV[1] or meta[2] ~= 'lobby' or meta[3] ~= ARGV[2] or meta[4] then return 0 end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', KEYS[1], 'transcript', ARGV[3], 'secret', ARGV[4], 'seed', ARGV[5],
  'phase', 'open', 'frontier_at', now)
if ARGV[6] ~= '' then redis.call('HSET', KEYS[1], 'beacon', ARGV[6]) end
redis.call('HINCRBY', KEYS[1], 'seq', 1)
return 1
