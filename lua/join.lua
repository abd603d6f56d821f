-- Takes a batch of joins: spends their challenges, gives each new shopper the next number. What it gives out
-- counts once it is in the ledger; whoever is asked again before that gets the same number.
--
-- KEYS  1 meta  2 shoppers  3 spent (this period)  4 spent (next period)  5 transcript
-- ARGV  1 epoch  2 root over the joins of the batch  3 lifetime of a spent set in ms
--       4 seq that the state must have reached, 0 for any
--       then for each join: shopper, challenge id, period (0 or 1; 2 when the challenge is of an earlier life)
-- Returns  {'ok', seq, phase, answer…} with one answer for each join: 'new:N', 'had:N', 'spent', 'stale', 'closed'
--          {'epoch', current} when the state belongs to another life, {'behind'} when it went back in time,
--          {'missing'} when there is none
-- Cost  O(joins); 3 commands for each join, 6 for the batch
-- Keeps  one ticket for each shopper, one use for each challenge, no number twice in
--        one life; nothing is given out by a state that is older than what its asker has seen
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'phase', 'tail', 'draw_at', 'size', 'seq')
local epoch, phase, tail, draw_at, size = meta[1], meta[2], tonumber(meta[3]), tonumber(meta[4]), meta[5]
if not epoch then return {'missing'} end
if epoch ~= ARGV[1] then return {'epoch', epoch} end
local seq = tonumber(meta[6] or '0')
if seq < tonumber(ARGV[4]) then return {'behind'} end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if not size and now >= draw_at and phase ~= 'scheduled' then
  redis.call('HSET', KEYS[1], 'size', tail, 'entries', redis.call('LLEN', KEYS[5]))
  seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
end

local may_join = phase == 'lobby' or phase == 'open' or phase == 'paused'
local answers, first, fresh = {'ok', seq, phase}, tail, 0
for i = 5, #ARGV, 3 do
  local shopper, challenge, period = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  local had = redis.call('HGET', KEYS[2], shopper)
  if had then
    answers[#answers + 1] = 'had:' .. had
  elseif not may_join then
    answers[#answers + 1] = 'closed'
  elseif period == 2 then
    answers[#answers + 1] = 'stale'
  elseif redis.call('SADD', KEYS[3 + period], challenge) == 0 then
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
  answers[2] = redis.call('HINCRBY', KEYS[1], 'seq', 1)
  redis.call('RPUSH', KEYS[5], struct.pack('>I8I4', first, fresh) .. ARGV[2])
end
return answers
