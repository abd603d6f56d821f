-- Gives a called ticket its pass; the same ticket asking again gets the same one while it holds.
--
-- KEYS  1 meta  2 stock  3 passes  4 left
-- ARGV  1 epoch  2 ticket number  3 rank  4 lifetime of a pass in ms
-- Returns  {'ok', expiry in ms} | {'early', frontier} | {'phase', phase} | {'sold_out'} | {'left'}
--          {'epoch', current} | {'missing'}
-- Cost  O(log passes)
-- Keeps  nobody enters ahead of the frontier; one pass for each ticket
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'phase', 'frontier')
if not meta[1] then return {'missing'} end
if meta[1] ~= ARGV[1] then return {'epoch', meta[1]} end
if meta[2] == 'sold_out' then return {'sold_out'} end
if meta[2] ~= 'open' then return {'phase', meta[2]} end
if redis.call('SISMEMBER', KEYS[4], ARGV[2]) == 1 then return {'left'} end
if tonumber(ARGV[3]) >= tonumber(meta[3]) then return {'early', meta[3]} end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local held = redis.call('ZSCORE', KEYS[3], ARGV[2])
if held and tonumber(held) > now then return {'ok', held} end
if tonumber(redis.call('GET', KEYS[2]) or '0') <= 0 then return {'sold_out'} end
local expires = now + tonumber(ARGV[4])
redis.call('ZADD', KEYS[3], expires, ARGV[2])
return {'ok', tostring(expires)}
