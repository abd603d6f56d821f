-- Takes a batch of joins: spends their challenges, gives each new shopper the next number.
--
-- KEYS  1 meta  2 shoppers  3 spent (this period)  4 spent (next period)  5 transcript
-- ARGV  1 epoch  2 root over the joins of the batch  3 lifetime of a spent set in ms
--       then for each join: shopper, challenge id, period (0 or 1)
-- Returns  {'ok', phase, answer…} with one answer for each join: 'new:N', 'had:N', 'spent', 'closed'
--          {'epoch', current} when the state belongs to another life, {'missing'} when there is none
-- Cost  O(joins); 3 commands for each join, 6 for the batch
-- Keeps  one ticket for each shopper, one use for each challenge, no number given twice
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'phase', 'tail', 'draw_at', 'size')
local epoch, phase, tail, draw_at, size = meta[1], meta[2], tonumber(meta[3]), tonumber(meta[4]), meta[5]
if not epoch then return {'missing'} end
if epoch ~= ARGV[1] then return {'epoch', epoch} end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if not size and now >= draw_at and phase ~= 'scheduled' then
  redis.call('HSET', KEYS[1], 'size', tail, 'entries', redis.call('LLEN', KEYS[5]))
end

local may_join = phase == 'lobby' or phase == 'open' or phase == 'paused'
local answers, first, fresh = {'ok', phase}, tail, 0
for i = 4, #ARGV, 3 do
  local shopper, challenge, spent = ARGV[i], ARGV[i + 1], KEYS[3 + tonumber(ARGV[i + 2])]
  local had = redis.call('HGET', KEYS[2], shopper)
  if had then
    answers[#answers + 1] = 'had:' .. had
  elseif not may_join then
    answers[#answers + 1] = 'closed'
  elseif redis.call('SADD', spent, challenge) == 0 then
    answers[#answers + 1] = 'spent'
  else
    redis.call('HSET', KEYS[2], shopper, tail)
    answers[#answers + 1] = 'new:' .. tail
    tail, fresh = tail + 1, fresh + 1
  end
end

if fresh > 0 then
  redis.call('PEXPIRE', KEYS[3], ARGV[3])
  redis.call('PEXPIRE', KEYS[4], ARGV[3])
  redis.call('HSET', KEYS[1], 'tail', tail)
  redis.call('HINCRBY', KEYS[1], 'seq', 1)
  redis.call('RPUSH', KEYS[5], struct.pack('>I8I4', first, fresh) .. ARGV[2])
end
return answers
