-- Takes a batch of joins: spends their challenges, gives each new shopper the next number. What it gives out
-- counts once it is in the ledger; whoever is asked again before that gets the same number.
--
-- KEYS  1 meta  2 shoppers  3 spent (this period)  4 spent (next period)  5 transcript
-- ARGV  1 epoch  2 root over the joins of the batch  3 lifetime of a spent set in ms
--       4 seq that the state must have reached, 0 for any
--       5 one digit for each join, the period of its challenge: 0 (byte 48), 1, or 2 when that is none of the two, or
--         of an earlier life
--       then for each join: shopper, challenge id; at most 1,000 joins
-- Returns  {'ok', seq, phase, answer…} with one answer for each join: N when it is new, 'had:N', 'spent', 'stale',
--          'closed'
--          {'epoch', current} when the state belongs to another life, {'behind'} when it went back in time,
--          {'missing'} when there is none
-- Cost  O(joins); at most 12 commands, however many join
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
local shoppers, soon, later = {}, {}, {}
for i = 6, #ARGV, 2 do
  local period = string.byte(ARGV[5], (i - 4) / 2)
  shoppers[#shoppers + 1] = ARGV[i]
  if period == 48 then soon[#soon + 1] = ARGV[i + 1] elseif period == 49 then later[#later + 1] = ARGV[i + 1] end
end
local had = redis.call('HMGET', KEYS[2], unpack(shoppers))
local spent = {}
if may_join and #soon > 0 then
  for at, is in ipairs(redis.call('SMISMEMBER', KEYS[3], unpack(soon))) do spent[soon[at]] = is == 1 end
end
if may_join and #later > 0 then
  for at, is in ipairs(redis.call('SMISMEMBER', KEYS[4], unpack(later))) do spent[later[at]] = is == 1 end
end

local answers, first, fresh = {'ok', seq, phase}, tail, 0
local now_had, places = {}, {}
soon, later = {}, {}
for at, shopper in ipairs(shoppers) do
  local challenge, period = ARGV[5 + 2 * at], string.byte(ARGV[5], at)
  local number = had[at] or now_had[shopper]
  if number then
    answers[at + 3] = 'had:' .. number
  elseif not may_join then
    answers[at + 3] = 'closed'
  elseif period == 50 then
    answers[at + 3] = 'stale'
  elseif spent[challenge] then
    answers[at + 3] = 'spent'
  else
    answers[at + 3] = tail
    -- A text, because Redis prints a number as a fraction, which takes three times as long.
    number = string.format('%d', tail)
    tail, fresh = tail + 1, fresh + 1
    now_had[shopper], spent[challenge] = number, true
    places[2 * fresh - 1], places[2 * fresh] = shopper, number
    if period == 48 then soon[#soon + 1] = challenge else later[#later + 1] = challenge end
  end
end

if fresh > 0 then
  redis.call('HSET', KEYS[2], unpack(places))
  if #soon > 0 then
    redis.call('SADD', KEYS[3], unpack(soon))
    redis.call('PEXPIRE', KEYS[3], ARGV[3])
  end
  if #later > 0 then
    redis.call('SADD', KEYS[4], unpack(later))
    redis.call('PEXPIRE', KEYS[4], ARGV[3])
  end
  redis.call('HSET', KEYS[1], 'tail', string.format('%d', tail))
  answers[2] = redis.call('HINCRBY', KEYS[1], 'seq', 1)
  redis.call('RPUSH', KEYS[5], struct.pack('>I8I4', first, fresh) .. ARGV[2])
end
return answers
