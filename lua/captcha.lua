-- Counts what is done with the CAPTCHA of a challenge: how often it was looked at, how many answers were tried.
--
-- KEYS  1 captcha (of this challenge)
-- ARGV  1 what is counted: 'look' or 'try'  2 how long it is remembered, ms; longer than the challenge is good
-- Returns  how often, this one included
-- Cost  O(1); 2 commands, for shoppers above the clear band only
-- Keeps  no more tries than are allowed, however many are sent at once and to however many edges
local times = redis.call('HINCRBY', KEYS[1], ARGV[1], 1)
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return times
