-- Lays a sale's state from the ledger under a new epoch: at its announcement, and whenever Redis forgot.
-- What Redis still knows of the line (shoppers, passes, transcript) stays; units and buyers come from the ledger.
--
-- KEYS  1 meta  2 stock  3 reservations  4 leases  5 claims  6 returned  7 buyers  8 steps  9 entered
-- ARGV  1 new epoch  2 total units  3 number of meta fields, then field, value …
--       then for each claim: ticket number, order, unit, buyer's keys joined by ','
-- Returns  1, or 0 when the state is of this epoch or a later one already
-- Cost  O(claims + highest claimed unit)
-- Keeps  free + reserved + claimed = total; tail and frontier never go back; no number is given twice
local current = redis.call('HMGET', KEYS[1], 'epoch', 'tail', 'frontier')
if current[1] and tonumber(current[1]) >= tonumber(ARGV[1]) then return 0 end

redis.call('DEL', KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8],
  KEYS[9])
local total = tonumber(ARGV[2])
local fields = tonumber(ARGV[3])
local meta = {}
for i = 4, 2 + 2 * fields, 2 do meta[ARGV[i]] = ARGV[i + 1] end
meta.epoch = ARGV[1]
-- Numbers may have been given out since the tail was last seen, a moment ago: beyond it, a gap as wide as
-- the line. Nobody holds the numbers in it; their places are passed over like those of no-shows.
local known, seen = tonumber(current[2] or '0'), tonumber(meta.seen_tail)
meta.tail = math.max(tonumber(meta.tail or '0'), known)
if seen > known then meta.tail = math.max(meta.tail, seen + math.max(1000, seen)) end
meta.frontier = math.max(tonumber(meta.seen_frontier), tonumber(current[3] or '0'))
meta.seen_tail, meta.seen_frontier = nil, nil
-- Who entered is forgotten: nobody called so far counts as a no-show, and the next pass leaves a second
-- from now, whatever left just before.
meta.no_shows = meta.frontier
local time = redis.call('TIME')
if meta.frontier > 0 then meta.slot = time[1] * 1000 + math.floor(time[2] / 1000) + 1000 end

local taken, highest, claims = {}, -1, 0
for i = 4 + 2 * fields, #ARGV, 4 do
  local number, order, unit, buyers = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  redis.call('HSET', KEYS[5], number, order .. '|' .. unit .. '|' .. buyers)
  for buyer in string.gmatch(buyers, '[^,]+') do redis.call('HSET', KEYS[7], buyer, order) end
  taken[tonumber(unit)] = true
  highest = math.max(highest, tonumber(unit))
  claims = claims + 1
end
for unit = 0, highest do
  if not taken[unit] then redis.call('RPUSH', KEYS[6], unit) end
end
meta.next_unit = highest + 1
redis.call('SET', KEYS[2], total - claims)
meta.total = total
for field, value in pairs(meta) do redis.call('HSET', KEYS[1], field, value) end
redis.call('HINCRBY', KEYS[1], 'seq', 1)
return 1
