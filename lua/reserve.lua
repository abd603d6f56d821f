-- DECR-if-positive: sets one unit aside for one pass, or says why not. The heart of the sale.
--
-- KEYS  1 meta  2 stock  3 passes  4 reservations  5 leases  6 claims  7 returned  8 buyers
-- ARGV  1 epoch  2 ticket number  3 candidate order id  4 lease in ms
--       5 seq that the state must have reached, 0 for any
--       6 the buyer's keys (browser key, email, card), each one hash, with commas between them
-- Returns  {'ok', order, unit, seq} | {'claimed', order, unit, seq} | {'sold_out'} | {'limit'} | {'pass'}
--          {'phase', phase} | {'epoch', current} | {'behind'} when the state went back in time | {'missing'}
-- Cost  O(log passes + buyer's keys); a loser costs four reads and writes nothing
-- Keeps  free + reserved + claimed = total; no buyer has more units than the limit; the same pass gets the same answer
local epoch, phase, seq = unpack(redis.call('HMGET', KEYS[1], 'epoch', 'phase', 'seq'))
if not epoch then return {'missing'} end
if epoch ~= ARGV[1] then return {'epoch', epoch} end
if tonumber(seq or '0') < tonumber(ARGV[5]) then return {'behind'} end

local number = ARGV[2]
local held = redis.call('HGET', KEYS[6], number)
if held then
  local order, unit = string.match(held, '^([^|]*)|([^|]*)|')
  return {'claimed', order, unit, seq}
end
held = redis.call('HGET', KEYS[4], number)
if held then
  local order, unit = string.match(held, '^([^|]*)|([^|]*)|')
  return {'ok', order, unit, seq}
end

if phase == 'sold_out' then return {'sold_out'} end
if phase ~= 'open' then return {'phase', phase} end
-- Before everything else that could be said: 99 of 100 hear this, and nothing more has to be read for it.
if tonumber(redis.call('GET', KEYS[2]) or '0') <= 0 then return {'sold_out'} end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local pass = redis.call('ZSCORE', KEYS[3], number)
if not pass or tonumber(pass) <= now then return {'pass'} end
local limit = tonumber(redis.call('HGET', KEYS[1], 'limit') or '1')
for buyer in string.gmatch(ARGV[6], '[^,]+') do
  if tonumber(redis.call('HGET', KEYS[8], buyer) or '0') >= limit then return {'limit'} end
end

redis.call('DECR', KEYS[2])
local unit = redis.call('LPOP', KEYS[7])
if not unit then unit = tostring(redis.call('HINCRBY', KEYS[1], 'next_unit', 1) - 1) end
for buyer in string.gmatch(ARGV[6], '[^,]+') do redis.call('HINCRBY', KEYS[8], buyer, 1) end
redis.call('HSET', KEYS[4], number, ARGV[3] .. '|' .. unit .. '|' .. ARGV[6])
redis.call('ZADD', KEYS[5], now + tonumber(ARGV[4]), number)
return {'ok', ARGV[3], unit, redis.call('HINCRBY', KEYS[1], 'seq', 1)}
