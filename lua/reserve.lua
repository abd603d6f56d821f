-- DECR-if-positive: sets one unit aside for one pass, or says why not. The heart of the sale.
--
-- A unit that somebody holds is in `held`: reserved as long as it has a lease, claimed from then on.
--
-- KEYS  1 meta  2 stock  3 passes  4 held  5 leases  6 returned  7 buyers
-- ARGV  1 epoch  2 ticket number  3 candidate order id  4 lease in ms
--       5 seq that the state must have reached, 0 for any
--       6 the buyer's keys (browser key, email, card), each one hash, with commas between them
-- Returns  {'ok', order, unit, seq} | {'claimed', order, unit, seq} | {'sold_out'} | {'limit'} | {'pass'}
--          {'phase', phase} | {'epoch', current} | {'behind'} when the state went back in time | {'missing'}
-- Cost  O(log passes + buyer's keys); a loser costs three reads and writes nothing
-- Keeps  free + reserved + claimed = total; no buyer has more units than the limit; the same pass gets the same answer
local epoch, phase, seq, limit, next_unit =
  unpack(redis.call('HMGET', KEYS[1], 'epoch', 'phase', 'seq', 'limit', 'next_unit'))
if not epoch then return {'missing'} end
if epoch ~= ARGV[1] then return {'epoch', epoch} end
if tonumber(seq or '0') < tonumber(ARGV[5]) then return {'behind'} end

local number = ARGV[2]
local held = redis.call('HGET', KEYS[4], number)
if held then
  local order, unit = string.match(held, '^([^|]*)|([^|]*)|')
  return {redis.call('ZSCORE', KEYS[5], number) and 'ok' or 'claimed', order, unit, seq}
end

if phase == 'sold_out' then return {'sold_out'} end
if phase ~= 'open' then return {'phase', phase} end
-- Before everything else that could be said: 99 of 100 hear this, and nothing more has to be read for it.
if tonumber(redis.call('GET', KEYS[2]) or '0') <= 0 then return {'sold_out'} end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local pass = redis.call('ZSCORE', KEYS[3], number)
if not pass or tonumber(pass) <= now then return {'pass'} end
local buyers, counts = {}, {}
for buyer in string.gmatch(ARGV[6], '[^,]+') do buyers[#buyers + 1] = buyer end
if #buyers > 0 then
  for i, count in ipairs(redis.call('HMGET', KEYS[7], unpack(buyers))) do
    count = tonumber(count or '0')
    if count >= tonumber(limit or '1') then return {'limit'} end
    counts[2 * i - 1], counts[2 * i] = buyers[i], count + 1
  end
end

redis.call('DECR', KEYS[2])
local unit = redis.call('LPOP', KEYS[6])
if not unit then
  unit = next_unit or '0'
  next_unit = unit + 1
end
seq = (seq or 0) + 1
redis.call('HSET', KEYS[1], 'seq', seq, 'next_unit', next_unit)
if #counts > 0 then redis.call('HSET', KEYS[7], unpack(counts)) end
redis.call('HSET', KEYS[4], number, ARGV[3] .. '|' .. unit .. '|' .. ARGV[6])
redis.call('ZADD', KEYS[5], now + tonumber(ARGV[4]), number)
return {'ok', ARGV[3], unit, seq}
