-- Reads all that is known of a sale's units, at one moment, for the audit. Writes nothing.
--
-- KEYS  1 meta  2 stock  3 held  4 leases  5 returned  6 buyers  7 passes
-- ARGV  1 most passes to read, the latest first
-- Returns  {now in ms, stock, meta, held, leases, returned, buyers, passes}, hashes and scores as
--          flat lists; {} when there is no state
-- Cost  O(units + passes read)
-- Keeps  everything as it is
local meta = redis.call('HGETALL', KEYS[1])
if #meta == 0 then return {} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
return {
  now,
  redis.call('GET', KEYS[2]) or '0',
  meta,
  redis.call('HGETALL', KEYS[3]),
  redis.call('ZRANGE', KEYS[4], 0, -1, 'WITHSCORES'),
  redis.call('LRANGE', KEYS[5], 0, -1),
  redis.call('HGETALL', KEYS[6]),
  redis.call('ZREVRANGE', KEYS[7], 0, tonumber(ARGV[1]) - 1, 'WITHSCORES'),
}
