-- Moves the sale on: opens the lobby, closes it, advances the frontier, notices sold out; reads the state.
-- It is its own clock, so any edge may call it at any time and calling it twice changes nothing.
--
-- KEYS  1 meta  2 stock  3 passes  4 steps  5 reservations  6 leases  7 transcript
-- ARGV  1 most active passes  2 most expired leases to report
-- Returns  {now in ms, free, reserved, meta as a flat list, expired leases as {number, order, …}}
--          {} when there is no state
-- Cost  O(fields of meta + steps in the last second + expired leases)
-- Keeps  in no window of 1 s does the frontier advance by more than the rate
local flat = redis.call('HGETALL', KEYS[1])
if #flat == 0 then return {} end
local meta = {}
for i = 1, #flat, 2 do meta[flat[i]] = flat[i + 1] end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local free = tonumber(redis.call('GET', KEYS[2]) or '0')
local reserved = redis.call('HLEN', KEYS[5])
local changed = false
local function set(field, value)
  meta[field] = tostring(value)
  redis.call('HSET', KEYS[1], field, meta[field])
  changed = true
end

if meta.phase == 'scheduled' and now >= tonumber(meta.lobby_at) then set('phase', 'lobby') end
if meta.phase == 'lobby' and not meta.size and now >= tonumber(meta.draw_at) then
  set('size', meta.tail)
  set('entries', redis.call('LLEN', KEYS[7]))
end
if meta.phase == 'open' and free == 0 and reserved == 0 then set('phase', 'sold_out') end
if meta.phase == 'sold_out' and free > 0 then
  set('phase', 'open')
  set('frontier_at', now)
end

if meta.phase == 'open' then
  local frontier, rate = tonumber(meta.frontier), tonumber(meta.rate)
  local earned = math.floor((now - tonumber(meta.frontier_at)) * rate / 1000)
  local target = math.min(frontier + earned, tonumber(meta.tail))
  local capped = target < frontier + earned

  local steps = redis.call('LRANGE', KEYS[4], 0, -1)
  local old = 0
  local a_second_ago = frontier
  for i = 1, #steps do
    local at, before = string.match(steps[i], '^(%d+):(%d+)$')
    if tonumber(at) > now - 1000 then
      a_second_ago = tonumber(before)
      break
    end
    old = i
  end
  target = math.min(target, a_second_ago + rate)

  local active = redis.call('ZCOUNT', KEYS[3], now, '+inf')
  local room = math.max(0, tonumber(ARGV[1]) - active)
  if free == 0 then room = 0 end
  if target > frontier + room then
    target, capped = frontier + room, true
  end

  if target > frontier then
    if old > 0 then redis.call('LTRIM', KEYS[4], old, -1) end
    redis.call('RPUSH', KEYS[4], now .. ':' .. frontier)
    local paid = tonumber(meta.frontier_at) + math.ceil((target - frontier) * 1000 / rate)
    set('frontier', target)
    set('frontier_at', capped and now or math.max(paid, now - 1000))
  elseif capped and now - tonumber(meta.frontier_at) > 200 then
    redis.call('HSET', KEYS[1], 'frontier_at', now)
  end
end

if changed then meta.seq = tostring(redis.call('HINCRBY', KEYS[1], 'seq', 1)) end

local expired = {}
local late = redis.call('ZRANGEBYSCORE', KEYS[6], '-inf', now, 'LIMIT', 0, tonumber(ARGV[2]))
for _, number in ipairs(late) do
  local held = redis.call('HGET', KEYS[5], number)
  if held then
    expired[#expired + 1] = number
    expired[#expired + 1] = string.match(held, '^([^|]*)|')
  else
    redis.call('ZREM', KEYS[6], number)
  end
end

flat = {}
for field, value in pairs(meta) do
  flat[#flat + 1] = field
  flat[#flat + 1] = value
end
return {now, free, reserved, flat, expired}
