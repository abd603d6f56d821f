-- Moves the sale on: opens the lobby, closes it, advances the frontier, notices sold out; reads the state.
-- It is its own clock, so any edge may call it at any time and calling it twice changes nothing.
--
-- The frontier earns `rate` places a second. A place that was called and did not enter within the claim
-- window is a no-show and goes on to the next: it costs no capacity. Nobody is called whom no unit could
-- wait for: within one claim window at most the free units over the observed conversion, half as many
-- again. Passes that idle do not count there: they would hold the line up for as long as they last.
--
-- While an edge sees a part behind the line strained, the rate gives way: a third less each second, a twentieth
-- more each second in which nobody complains (additive increase, multiplicative decrease; Chiu and Jain, 1989).
--
-- A clock that was set back, or that of a replica which was promoted, would stop the line until it has caught up with what
-- was stamped before: what lay so far ahead lies there still.
--
-- KEYS  1 meta  2 stock  3 passes  4 steps  5 held  6 leases  7 transcript  8 entered
-- ARGV  1 most active passes  2 most expired leases to report  3 claim window in ms
--       4 1 when this edge sees the ledger or the payment provider strained
--       5 epoch and 6 seq that the state must have reached, 0 for any
-- Returns  {now in ms, free, reserved, meta as a flat list, expired leases as {number, order, …}, run id of Redis}
--          {} when there is no state, {'behind'} when it went back in time
-- Cost  O(fields of meta + steps in the last seconds + log entered + expired leases); once after the clock was set back
--       also O(passes log passes)
-- Keeps  in no window of 1 s does the frontier advance by more than the rate and the no-shows found in it;
--        a state that is older than what its asker has seen stays as it is
local flat = redis.call('HGETALL', KEYS[1])
if #flat == 0 then return {} end
local meta = {}
for i = 1, #flat, 2 do meta[flat[i]] = flat[i + 1] end
local life, least = tonumber(meta.epoch), tonumber(ARGV[5])
if life < least or (life == least and tonumber(meta.seq or '0') < tonumber(ARGV[6])) then return {'behind'} end

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local free = tonumber(redis.call('GET', KEYS[2]) or '0')
local reserved = redis.call('ZCARD', KEYS[6])
local changed = false
local function set(field, value)
  meta[field] = tostring(value)
  redis.call('HSET', KEYS[1], field, meta[field])
  changed = true
end

-- While the sale is open the frontier is stamped at least once a second: how far that lies ahead is how far the clock was
-- set back. A rebuild stamps it a second ahead, and clocks that differ by less than two are left alone.
local function mend_clock()
  local back = tonumber(meta.frontier_at) - now
  if back < 2000 then return end
  for _, field in ipairs({'frontier_at', 'health_at', 'strained_at', 'slot'}) do
    if meta[field] then set(field, meta[field] - back) end
  end
  for i, step in ipairs(redis.call('LRANGE', KEYS[4], 0, -1)) do
    local at, rest = string.match(step, '^(%d+)(:.*)$')
    redis.call('LSET', KEYS[4], i - 1, string.format('%d', at - back) .. rest)
  end
  for _, n in ipairs({3, 6}) do
    local all = redis.call('ZRANGE', KEYS[n], 0, -1, 'WITHSCORES')
    for i = 1, #all, 2 do redis.call('ZADD', KEYS[n], string.format('%d', all[i + 1] - back), all[i]) end
  end
end

-- A step is 'time:frontier before:no-shows before'. What was before the oldest step after a moment
-- is what was at that moment.
local function steps_since(moment)
  local steps, kept = redis.call('LRANGE', KEYS[4], 0, -1), {}
  for i = 1, #steps do
    local at, frontier, no_shows = string.match(steps[i], '^(%d+):(%d+):(%d+)$')
    if tonumber(at) > moment then
      kept[#kept + 1] = {at = tonumber(at), frontier = tonumber(frontier), no_shows = tonumber(no_shows)}
    end
  end
  if #kept < #steps then redis.call('LTRIM', KEYS[4], #steps - #kept, -1) end
  return kept
end

-- Free units over the share of those called who bought, half as many again, and never less than a handful.
local function most_called(active, no_shows)
  local claimed = tonumber(meta.total) - free - reserved
  local finished = redis.call('ZCARD', KEYS[8]) - active + no_shows
  local conversion = math.min(1, (claimed + 10) / (math.max(0, finished) + 10))
  return math.ceil(free * 1.5 / conversion) + 10
end

-- Thousandths of the rate. Any number of edges may report: it changes at most once a second.
local function keep_health()
  local health, changed_at = tonumber(meta.health or '1000'), tonumber(meta.health_at or '0')
  local strained = ARGV[4] == '1'
  if strained then redis.call('HSET', KEYS[1], 'strained_at', now) end
  if now - changed_at < 1000 then return health end
  local before = health
  if strained then
    health = math.max(100, math.floor(health * 2 / 3))
  elseif now - tonumber(meta.strained_at or '0') >= 1000 then
    health = math.min(1000, health + 50)
  end
  if health ~= before then
    set('health', health)
    set('health_at', now)
  end
  return health
end

local function advance()
  local claim_ms = tonumber(ARGV[3])
  local frontier = tonumber(meta.frontier)
  local rate = math.max(1, math.floor(tonumber(meta.rate) * keep_health() / 1000))
  local no_shows = tonumber(meta.no_shows or '0')
  local steps = steps_since(now - math.max(1000, claim_ms))
  local function state_at(moment)
    for i = 1, #steps do
      if steps[i].at > moment then return steps[i] end
    end
    return {frontier = frontier, no_shows = no_shows}
  end

  local overdue = state_at(now - claim_ms).frontier
  local missing = overdue - redis.call('ZCOUNT', KEYS[8], '-inf', '(' .. overdue)
  local recycled = math.max(0, missing - no_shows)
  local earned = math.floor((now - tonumber(meta.frontier_at)) * rate / 1000)
  local tail = tonumber(meta.tail)
  local target = math.min(frontier + earned + recycled, tail)
  local capped = target < frontier + earned + recycled

  local a_second_ago = state_at(now - 1000)
  target = math.min(target, a_second_ago.frontier + rate + no_shows + recycled - a_second_ago.no_shows)

  local active = redis.call('ZCOUNT', KEYS[3], now, '+inf')
  local room = math.min(tonumber(ARGV[1]) - active, most_called(active, missing) - (frontier - overdue))
  if free == 0 then room = 0 end
  if target > frontier + math.max(0, room) then
    target, capped = frontier + math.max(0, room), true
  end

  if target > frontier then
    redis.call('RPUSH', KEYS[4], now .. ':' .. frontier .. ':' .. no_shows)
    local paid = tonumber(meta.frontier_at) + math.ceil(math.max(0, target - frontier - recycled) * 1000 / rate)
    set('frontier', target)
    set('frontier_at', capped and now or math.max(paid, now - 1000))
    if recycled > 0 then set('no_shows', missing) end
  elseif capped and now - tonumber(meta.frontier_at) > 200 then
    redis.call('HSET', KEYS[1], 'frontier_at', now)
  end
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
  mend_clock()
  advance()
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
-- Another process than the one that was asked before may know less; a managed Redis may not tell.
local info = redis.pcall('INFO', 'server')
local run = type(info) == 'string' and string.match(info, 'run_id:(%x+)') or ''
return {now, free, reserved, flat, expired, run}
