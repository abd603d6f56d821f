-- Is there nothing for this ticket? After the last unit everybody is asking, and reserve.lua has much to read before
-- it may say no. This says no and nothing else; whatever is not certain is left to reserve.lua.
--
-- KEYS  1 stock  2 held
-- ARGV  1 ticket number
-- Returns  1 when no unit is free and the ticket holds none, 0 when reserve.lua has to decide
-- Cost  O(1), two reads
-- Keeps  everything as it is
if redis.call('GET', KEYS[1]) ~= '0' then return 0 end
return 1 - redis.call('HEXISTS', KEYS[2], ARGV[1])
