-- Gives a called ticket its pass; the same ticket asking again gets the same one while it holds.
--
-- Passes leave at the rate, one after the other: each new one gets the next slot of a virtual schedule
-- (the generic cell rate algorithm, ITU-T I.371, without tolerance for bursts), and whoever asks is
-- answered when the slot has come.
--
-- A proof of the ticket's key is used up by the pass that it gets, and by nothing else: a refusal changes
-- nothing, so whoever asks too early leaves no trace here.
--
-- KEYS  1 meta  2 stock  3 passes  4 left  5 entered  6 this proof
-- ARGV  1 epoch  2 ticket number  3 rank  4 lifetime of a pass in ms  5 most ms until a slot
--       6 ms for which the proof is remembered, 0 without one  7 seq that the state must have reached, 0 for any
-- Returns  {'ok', expiry in ms, ms until the slot} | {'early', frontier} | {'phase', phase} | {'sold_out'}
--          {'left'} | {'replayed'} | {'epoch', current} | {'behind'} when the state went back in time | {'missing'}
-- Cost  O(log passes)
-- Keeps  nobody enters ahead of the frontier; one pass for each ticket; in no window of 1 s do more
--        passes begin than the rate; one pass for each proof
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'phase', 'frontier', 'rate', 'slot', 'seq')
if not meta[1] then return {'missing'} end
if meta[1] ~= ARGV[1] then return {'epoch', meta[1]} end
if tonumber(meta[6] or '0') < tonumber(ARGV[7]) then return {'behind'} end
if meta[2] == 'sold_out' then return {'sold_out'} end
if meta[2] ~= 'open' then return {'phase', meta[2]} end
if redis.call('SISMEMBER', KEYS[4], ARGV[2]) == 1 then return {'left'} end
if tonumber(ARGV[3]) >= tonumber(meta[3]) then return {'early', meta[3]} end

local function is_replayed()
  return ARGV[6] ~= '0' and not redis.call('SET', KEYS[6], '1', 'NX', 'PX', ARGV[6])
end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lifetime = tonumber(ARGV[4])
local held = tonumber(redis.call('ZSCORE', KEYS[3], ARGV[2]) or '0')
if held > now then
  if is_replayed() then return {'replayed'} end
  return {'ok', string.format('%d', held), string.format('%d', math.max(0, held - lifetime - now))}
end
if tonumber(redis.call('GET', KEYS[2]) or '0') <= 0 then return {'sold_out'} end

local slot = math.max(now, tonumber(meta[5] or '0'))
if slot - now > tonumber(ARGV[5]) then return {'early', meta[3]} end
if is_replayed() then return {'replayed'} end
redis.call('HSET', KEYS[1], 'slot', string.format('%.3f', slot + 1000 / tonumber(meta[4])))
local begins = math.ceil(slot)
local expires = begins + lifetime
redis.call('ZADD', KEYS[3], expires, ARGV[2])
redis.call('ZADD', KEYS[5], ARGV[3], ARGV[2])
redis.call('HINCRBY', KEYS[1], 'seq', 1)
return {'ok', string.format('%d', expires), string.format('%d', begins - now)}
