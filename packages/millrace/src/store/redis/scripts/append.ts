/**
 * What nearly every append is: entries and nothing else, from the holder, at the tail, and no signal
 * waits. Whoever has the current nonce writes to a run that has neither ended nor gone. Half the cost
 * of a script is its Lua, so this does without the tables and functions of the rest, which says the same.
 */
export const PLAIN_APPEND = `
if #ARGV == 6 and ARGV[6] ~= '' then
  local h = redis.call('HMGET', record, 'nonce', 'fence', 'tail', 'consumed', 'signals')
  if h[1] == ARGV[2] and h[2] == ARGV[1] and h[3] == ARGV[4] and h[4] == h[5] then
    local tail = ARGV[4] + ARGV[5]
    redis.call('HSET', record, 'tail', tail, 'leaseUntil', now + ARGV[3],
      'last', ARGV[1] .. ' ' .. ARGV[2] .. ' ' .. ARGV[4] .. ' ' .. ARGV[5] .. '  ')
    redis.call('XADD', base .. 'l:' .. run, tail .. '-0', 'row', ARGV[6])
    wake(ARGV[6])
    return tail
  end
end
`

/**
 * ARGV: fence, nonce, ttl, after, count, row, and where the write says more: end, release, consumed,
 * checkpoint, wait ('' for none). Answers the tail, {tail, consumed, signals} where signals wait, or a refusal.
 */
export const APPEND = `
local fence, nonce, ttl, after, count, row = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
local finish, release, consumed, checkpoint = ARGV[7] or '', ARGV[8] or '', ARGV[9] or '', ARGV[10] or ''
local wait = release == 'waiting' and tonumber(ARGV[11] or '')
local h, missing = hold('status', 'tail', 'fence', 'nonce', 'consumed', 'signals', 'last')
if not h then return missing end

local tail = tonumber(h.tail)
local isCurrent = h.nonce == nonce and h.fence == fence
local said = table.concat({fence, nonce, ARGV[4], ARGV[5], finish, release}, ' ')

local function answer(reached, upTo)
  local waiting = pending(upTo, h.signals)
  if #waiting == 0 then return reached end
  return {reached, upTo, waiting}
end

-- Whether the last write had these very bytes; once its row is packed, what is left of it is a digest.
local function saidLast()
  if count == 0 then return true end
  local last = whole(after + count) .. '-0'
  local found = redis.call('XRANGE', live, last, last)[1]
  if found then return found[2][2] == row end
  return redis.call('HGET', record, 'lastDigest') == redis.sha1hex(row)
end

if not isCurrent or after ~= tail then
  if h.last == said and saidLast() then
    if isCurrent then redis.call('HSET', record, 'leaseUntil', whole(now + ttl)) end
    return answer(tail, tonumber(h.consumed))
  end
  if hasEnded(h.status) then return 'ended' end
  if not isCurrent then return 'fenced' end
  return after < tail and 'conflict' or 'regressed'
end

tail = tail + count
local upTo = math.max(tonumber(h.consumed), tonumber(consumed) or 0)
local leaves = finish ~= '' or release ~= ''
local leaseUntil = not leaves and whole(now + ttl) or wait and whole(now + wait) or '0'
local changes = {'tail', whole(tail), 'leaseUntil', leaseUntil}
if count > 0 or leaves then changes[5], changes[6] = 'last', said end
redis.call('HSET', record, unpack(changes))
if count > 0 then redis.call('XADD', live, whole(tail) .. '-0', 'row', row) end
if consumed ~= '' then redis.call('HSET', record, 'consumed', whole(upTo)) end
if checkpoint ~= '' then redis.call('HSET', data, 'checkpoint', checkpoint, 'checkpointAt', whole(tail)) end

if leaves then
  local place = placeOf(h.createdAt)
  redis.call('HSET', record, 'status', finish ~= '' and finish or release)
  redis.call('HDEL', record, 'nonce')
  redis.call('ZREM', base .. 'held', place)
  redis.call('ZREM', base .. 'free', place)
  if finish ~= '' then
    redis.call('HSET', record, 'endedAt', whole(now))
    redis.call('ZADD', base .. 'unsealed', 0, place)
    local names = redis.call('HMGET', record, 'kind', 'principal')
    redis.call('ZADD', base .. 'due', whole(now + h.retention), cjson.encode({place, names[1], names[2]}))
  elseif release == 'queued' or upTo < tonumber(h.signals) then
    redis.call('ZADD', base .. 'free', 0, place)
  elseif wait then
    redis.call('ZADD', base .. 'held', leaseUntil, place)
  end
end
if count > 0 or leaves then wake(row) end

local reply = answer(tail, upTo)
if finish ~= '' then
  -- Last of all: a time that is over already removes at once.
  local over = now + h.retention
  for _, key in ipairs({data, live, packed, signals}) do redis.call('PEXPIREAT', key, whole(over)) end
  redis.call('PEXPIREAT', record, whole(over + h.tombstone))
  sweep()
end
return reply
`
