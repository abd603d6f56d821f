-- The operator's acts on a sale: open now, move the opening, pause, resume, end, change the rate. Atomic; takes effect
-- at once.
--
-- KEYS  1 meta
-- ARGV  1 act (open | open_at | pause | resume | end | rate)  2 message, new rate, or when to open in Unix ms
-- Returns  {'ok', phase, epoch} | {'phase', phase} when the act does not fit it | {'missing'}
-- Cost  O(1)
-- Keeps  a paused sale resumes where it was; an ended one stays ended; what has opened does not open again
local meta = redis.call('HMGET', KEYS[1], 'phase', 'paused_from', 'fold_in', 'epoch')
local phase, paused_from, fold_in, epoch = meta[1], meta[2], tonumber(meta[3]), meta[4]
if not phase then return {'missing'} end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local act = ARGV[1]

if phase == 'closed' then return {'phase', phase} end
if act == 'open' then
  if phase ~= 'scheduled' and phase ~= 'lobby' then return {'phase', phase} end
  if redis.call('HEXISTS', KEYS[1], 'size') == 1 then return {'ok', phase, epoch} end
  if now < tonumber(redis.call('HGET', KEYS[1], 'opens_at')) then
    redis.call('HSET', KEYS[1], 'opens_at', now, 'draw_at', now + fold_in)
  end
  phase = 'lobby'
elseif act == 'open_at' then
  local waits = phase == 'paused' and paused_from or phase
  if waits ~= 'scheduled' and waits ~= 'lobby' then return {'phase', phase} end
  if now >= tonumber(redis.call('HGET', KEYS[1], 'opens_at')) then return {'phase', 'open'} end
  redis.call('HSET', KEYS[1], 'opens_at', ARGV[2], 'draw_at', tonumber(ARGV[2]) + fold_in)
elseif act == 'pause' then
  if phase == 'paused' then return {'ok', phase, epoch} end
  redis.call('HSET', KEYS[1], 'paused_from', phase, 'message', ARGV[2])
  phase = 'paused'
elseif act == 'resume' then
  if phase ~= 'paused' then return {'phase', phase} end
  phase = paused_from
  redis.call('HDEL', KEYS[1], 'paused_from', 'message')
  redis.call('HSET', KEYS[1], 'frontier_at', now)
elseif act == 'rate' then
  redis.call('HSET', KEYS[1], 'rate', ARGV[2], 'frontier_at', now)
elseif act == 'end' then
  phase = 'closed'
end
redis.call('HSET', KEYS[1], 'phase', phase)
redis.call('HINCRBY', KEYS[1], 'seq', 1)
return {'ok', phase, epoch}
