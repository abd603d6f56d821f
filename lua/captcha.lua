-- Counts what is done with the CAPTCHA of a challenge: how often it was looked at, how many answers were tried.
--
-- KEYS  1 captcha (of this challenge)
-- ARGV  1 what is counted: 'look' or 'try'  2 how long it is remembered, ms; longer than the challenge is good
--       3 how often it is allowed
-- Returns  how often it was done before; beyond what is allowed nothing is counted
-- Cost  O(1); 3 commands, for shoppers above the clear band only
-- Keeps  no more tries than are allowed, however many are sent at once and to however many edges
local before = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
if before < tonumber(ARGV[3]) then
  redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return before
