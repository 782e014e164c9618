/**
 * KEYS: the bucket's index of all runs. ARGV: which index, order (asc or desc), the place after which
 * to go on ('' from the start), how many to look at. Answers {the place reached ('' at the end), records}.
 *
 * Renewals do not touch the index of held runs, which keeps an append cheap: here it is corrected.
 */
export const LIST = `
base = KEYS[1]:match('^(.-}:)')
local index, order, from, most = base .. ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])

local function of(place, kind) return base .. kind .. ':' .. place:sub(17) end

-- Whether the run that stood at this place when it was indexed is there still.
local function isThere(place)
  local createdAt = redis.call('HGET', of(place, 'r'), 'createdAt')
  return createdAt and tonumber(createdAt) == tonumber(place:sub(1, 15))
end

-- A running run whose lease goes on has no place among those that are free.
local function isHeld(place)
  local h = redis.call('HMGET', of(place, 'r'), 'status', 'leaseUntil')
  if h[1] ~= 'running' or tonumber(h[2]) <= now then return false end
  redis.call('ZADD', base .. 'held', h[2], place)
  return true
end

if ARGV[1] == 'free' then
  for _, place in ipairs(redis.call('ZRANGEBYSCORE', base .. 'held', '-inf', now, 'LIMIT', 0, 1000)) do
    if not isThere(place) then redis.call('ZREM', base .. 'held', place)
    elseif not isHeld(place) then
      redis.call('ZREM', base .. 'held', place)
      redis.call('ZADD', base .. 'free', 0, place)
    end
  end
end

local places
if order == 'asc' then
  places = redis.call('ZRANGEBYLEX', index, from == '' and '-' or '(' .. from, '+', 'LIMIT', 0, most)
else
  places = redis.call('ZREVRANGEBYLEX', index, from == '' and '+' or '(' .. from, '-', 'LIMIT', 0, most)
end
local found = {}
for _, place in ipairs(places) do
  if not isThere(place) or (ARGV[1] == 'free' and isHeld(place)) then redis.call('ZREM', index, place)
  else found[#found + 1] = {place:sub(17), told(of(place, 'r'), of(place, 'd'))} end
end
return {#places == most and places[most] or '', found}
`
