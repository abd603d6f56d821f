-- Adds what one edge counted of networks to what all edges counted, and tells which networks are crowded. A count is a
-- leaky bucket: the moment at which it will be empty, as it leaks one ms in each.
--
-- KEYS  1 network
-- ARGV  1 most that a bucket holds, ms  2 tell those that hold so many ms  3 most networks that are kept
--       4 most that are told, then for each counted one: name, ms to pour in; at most 1,000
-- Returns  {name, ms in its bucket, …}, the fullest first
-- Cost  O((counted + told) log kept); at most 8 commands, however many were counted
-- Keeps  the fullest networks; one that leaked empty is gone, and all are when nobody counts for as long as the
--        fullest bucket takes to leak
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local most = tonumber(ARGV[1])
local names = {}
for i = 5, #ARGV, 2 do names[#names + 1] = ARGV[i] end
-- Counts that lie further ahead are those of a clock that was set back: they would last for as long.
redis.call('ZREMRANGEBYSCORE', KEYS[1], string.format('(%d', now + most), '+inf')
if #names > 0 then
  local empty, pairs = redis.call('ZMSCORE', KEYS[1], unpack(names)), {}
  for at, name in ipairs(names) do
    local poured = math.max(tonumber(empty[at] or 0), now) + tonumber(ARGV[4 + 2 * at])
    pairs[2 * at - 1], pairs[2 * at] = string.format('%d', math.min(poured, now + most)), name
  end
  redis.call('ZADD', KEYS[1], unpack(pairs))
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -1 - tonumber(ARGV[3]))
redis.call('PEXPIRE', KEYS[1], most)
local told = redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', now + tonumber(ARGV[2]), 'WITHSCORES', 'LIMIT', 0, ARGV[4])
for at = 2, #told, 2 do told[at] = tonumber(told[at]) - now end
return told
