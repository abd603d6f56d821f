-- Takes a batch of joins: spends their challenges, gives each new shopper the next number. What it gives out
-- counts once it is in the ledger; whoever is asked again before that gets the same number.
--
-- KEYS  1 meta  2 shoppers  3 spent (this period)  4 spent (next period)  5 transcript
-- ARGV  1 epoch  2 root over the joins of the batch  3 length of a period in ms
--       4 seq that the state must have reached, 0 for any
--       5 one digit for each join, the period of its challenge: 0, 1, or 2 when that is none of the two, or of an
--         earlier life
--       6 number of this period, by the clock of whoever asks
--       then the shopper of each join, then the challenge id of each; at most 1,000 joins
-- Returns  {'ok', seq, phase, first, other…}: the new ones have the numbers from `first` on, in the order of their
--          joins; each other is a join's place in the batch, from 1, and its answer: 'had:N', 'spent', 'stale',
--          'closed'
--          {'epoch', current} when the state belongs to another life, {'behind'} when it went back in time,
--          {'missing'} when there is none
-- Cost  O(joins); 11 commands as a rule, at most 18, however many join
-- Keeps  one ticket for each shopper, one use for each challenge, no number twice in
--        one life; nothing is given out by a state that is older than what its asker has seen, and no challenge counts
--        whose spent set is gone: over by the clock of Redis, though an edge's is behind, or thrown away for want of memory
local meta = redis.call('HMGET', KEYS[1], 'epoch', 'phase', 'tail', 'draw_at', 'size', 'seq', 'spent_0', 'spent_1')
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

-- Where the shoppers end, and the challenges.
local periods = ARGV[5]
local middle, last = 6 + #periods, 6 + 2 * #periods
local may_join = phase == 'lobby' or phase == 'open' or phase == 'paused'
local had, used = redis.call('HMGET', KEYS[2], unpack(ARGV, 7, middle)), {}
-- A set is kept until two periods after its own. meta notes of which periods one was begun; two in a row are told apart
-- by odd and even.
local is_gone, this_note, next_note = {}, tonumber(ARGV[6]) % 2, (tonumber(ARGV[6]) + 1) % 2
local this_period, next_period = ARGV[6], string.format('%d', tonumber(ARGV[6]) + 1)
local this_kept, next_kept = (ARGV[6] + 3) * ARGV[3], (ARGV[6] + 4) * ARGV[3]
if may_join and string.find(periods, '0', 1, true) then
  used['0'] = redis.call('SMISMEMBER', KEYS[3], unpack(ARGV, middle + 1, last))
  is_gone['0'] = now >= this_kept or (meta[7 + this_note] == this_period and redis.call('EXISTS', KEYS[3]) == 0)
end
if may_join and string.find(periods, '1', 1, true) then
  used['1'] = redis.call('SMISMEMBER', KEYS[4], unpack(ARGV, middle + 1, last))
  is_gone['1'] = now >= next_kept or (meta[7 + next_note] == next_period and redis.call('EXISTS', KEYS[4]) == 0)
end

-- Everything here is done for each of a hundred thousand: names that are looked up once, and texts for numbers,
-- because Redis prints a number as a fraction, which takes three times as long.
local format, sub = string.format, string.sub
local answers, first, fresh, places = {'ok', seq, phase, tail}, tail, 0, {}
local now_had, now_spent, spends = {}, {}, {['0'] = {}, ['1'] = {}}
for at = 1, #periods do
  local shopper, challenge, period = ARGV[6 + at], ARGV[middle + at], sub(periods, at, at)
  local number, other = had[at] or now_had[shopper], nil
  if number then
    other = 'had:' .. number
  elseif not may_join then
    other = 'closed'
  elseif period == '2' or is_gone[period] then
    other = 'stale'
  elseif used[period][at] == 1 or now_spent[challenge] then
    other = 'spent'
  end
  if other then
    answers[#answers + 1], answers[#answers + 2] = at, other
  else
    number = format('%d', tail)
    tail, fresh = tail + 1, fresh + 1
    now_had[shopper], now_spent[challenge] = number, true
    places[2 * fresh - 1], places[2 * fresh] = shopper, number
    local spend = spends[period]
    spend[#spend + 1] = challenge
  end
end

if fresh > 0 then
  redis.call('HSET', KEYS[2], unpack(places))
  local fields = {'tail', format('%d', tail)}
  if #spends['0'] > 0 then
    redis.call('SADD', KEYS[3], unpack(spends['0']))
    redis.call('PEXPIREAT', KEYS[3], format('%d', this_kept))
    fields[3], fields[4] = 'spent_' .. this_note, this_period
  end
  if #spends['1'] > 0 then
    redis.call('SADD', KEYS[4], unpack(spends['1']))
    redis.call('PEXPIREAT', KEYS[4], format('%d', next_kept))
    fields[#fields + 1], fields[#fields + 2] = 'spent_' .. next_note, next_period
  end
  redis.call('HSET', KEYS[1], unpack(fields))
  answers[2] = redis.call('HINCRBY', KEYS[1], 'seq', 1)
  redis.call('RPUSH', KEYS[5], struct.pack('>I8I4', first, fresh) .. ARGV[2])
end
return answers
