-- Lays a sale's state from the ledger under a new epoch: at its announcement, and whenever Redis forgot or went
-- back in time. What is long (shoppers, transcript, places given back) was laid beside it before, in pieces, and
-- takes its place here, in the same atom. Passes that Redis still knows stay.
--
-- KEYS  1 meta  2 stock  3 held  4 leases  5 returned  6 buyers  7 steps  8 entered
--       9 shoppers  10 shoppers as staged  11 transcript  12 transcript as staged  13 left  14 left as staged
--       15 mark of a rebuild under way  16 how many pieces were staged
-- ARGV  1 new epoch  2 total units  3 pieces that should be staged
--       4 number of meta fields, then field, value …
--       then for each claim: ticket number, order, unit, buyer's keys joined by ','
-- Returns  1, or 0 when the state is of this epoch or a later one already, or -1 when Redis has lost pieces that
--          were staged: then nothing is changed
-- Cost  O(claims + highest claimed unit + what is forgotten)
-- Keeps  free + reserved + claimed = total; the frontier never goes back; nothing of an older life remains but
--        passes and spent challenges
local current = redis.call('HMGET', KEYS[1], 'epoch', 'seq', 'frontier', 'slot')
if current[1] and tonumber(current[1]) >= tonumber(ARGV[1]) then return 0 end
-- The last command of each piece counts it, so what a flush or a failover took is missing here as well.
if tonumber(redis.call('GET', KEYS[16]) or '0') ~= tonumber(ARGV[3]) then return -1 end

redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6], KEYS[7],
  KEYS[8], KEYS[9], KEYS[11], KEYS[13], KEYS[15], KEYS[16])
if redis.call('EXISTS', KEYS[10]) == 1 then
  redis.call('RENAME', KEYS[10], KEYS[9])
  redis.call('PERSIST', KEYS[9])
end
if redis.call('EXISTS', KEYS[12]) == 1 then
  redis.call('RENAME', KEYS[12], KEYS[11])
  redis.call('PERSIST', KEYS[11])
end
if redis.call('EXISTS', KEYS[14]) == 1 then
  redis.call('RENAME', KEYS[14], KEYS[13])
  redis.call('PERSIST', KEYS[13])
end
local total = tonumber(ARGV[2])
local fields = tonumber(ARGV[4])
local meta = {}
for i = 5, 3 + 2 * fields, 2 do meta[ARGV[i]] = ARGV[i + 1] end
meta.epoch = ARGV[1]
-- Longer than hash-max-listpack-value: Redis then keeps this hash as a table, in which a field is found without
-- going through the others. Every script begins with that.
meta.about = 'The state of one sale, laid from its ledger and kept by the scripts of lua/'
meta.seq = tonumber(current[2] or '0') + 1
meta.frontier = math.max(tonumber(meta.frontier), tonumber(current[3] or '0'))
-- Who entered is forgotten: nobody called so far counts as a no-show. What was called and let in within the last
-- second is forgotten too, so both go on a second from now, and behind every slot that is still known. A slot that is far
-- away was given out by a clock that was set back since.
meta.no_shows = meta.frontier
if meta.frontier > 0 then
  local time = redis.call('TIME')
  local resumes = time[1] * 1000 + math.floor(time[2] / 1000) + 1000
  meta.frontier_at = resumes
  meta.slot = math.max(resumes, math.min(resumes + 5000, tonumber(current[4] or '0')))
end

local taken, highest, claims = {}, -1, 0
for i = 5 + 2 * fields, #ARGV, 4 do
  local number, order, unit, buyers = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
  redis.call('HSET', KEYS[3], number, order .. '|' .. unit .. '|' .. buyers)
  for buyer in string.gmatch(buyers, '[^,]+') do redis.call('HINCRBY', KEYS[6], buyer, 1) end
  taken[tonumber(unit)] = true
  highest = math.max(highest, tonumber(unit))
  claims = claims + 1
end
for unit = 0, highest do
  if not taken[unit] then redis.call('RPUSH', KEYS[5], unit) end
end
meta.next_unit = highest + 1
redis.call('SET', KEYS[2], total - claims)
meta.total = total
for field, value in pairs(meta) do redis.call('HSET', KEYS[1], field, value) end
return 1
