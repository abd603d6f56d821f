-- Reads all that is known of a sale's units, at one moment, for the audit. Writes nothing.
--
-- KEYS  1 meta  2 stock  3 reservations  4 leases  5 claims  6 returned  7 buyers  8 passes
-- ARGV  1 most passes to read, the latest first
-- Returns  {now in ms, stock, meta, reservations, leases, claims, returned, buyers, passes}, hashes and
--          scores as flat lists; {} when there is no state
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
  redis.call('HGETALL', KEYS[5]),
  redis.call('LRANGE', KEYS[6], 0, -1),
  redis.call('HGETALL', KEYS[7]),
  redis.call('ZREVRANGE', KEYS[8], 0, tonumber(ARGV[1]) - 1, 'WITHSCORES'),
}
