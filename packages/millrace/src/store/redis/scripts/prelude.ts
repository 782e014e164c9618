/**
 * What every script begins with. A script is handed the key of the run's record and derives all
 * others from it: they share its hash tag, so they lie on the same node of a cluster. Time is the
 * server's own (`TIME`), which is allowed before writes because effects are replicated, not scripts.
 */
export function namesFor(isCluster: boolean): string {
  return `local publish = '${isCluster ? 'SPUBLISH' : 'PUBLISH'}'\n${NAMES}`
}

const NAMES = `
local record = KEYS[1]
local base, run = record:match('^(.-}:)r:(.*)$')
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- A slow subscriber is cut off by Redis with all it has not read: large batches are left to be fetched.
local LARGEST_HINT = 262144
local function wake(row)
  redis.call(publish, base .. 'w:' .. run, #row <= LARGEST_HINT and row or '')
end
`

/** What the scripts share beside that. */
export const PRELUDE = `
local data, live, packed, signals, readers
if run then
  data, live, packed, signals = base .. 'd:' .. run, base .. 'l:' .. run, base .. 's:' .. run, base .. 'i:' .. run
  readers = base .. 'p:' .. run
end

local function whole(number) return string.format('%.0f', number) end

-- These fields of the record as a table, or nil and how the run is refused.
local function hold(...)
  local names = {'createdAt', 'deletedAt', 'endedAt', 'retention', 'tombstone', ...}
  local values = redis.call('HMGET', record, unpack(names))
  local h = {}
  for i, name in ipairs(names) do h[name] = values[i] end
  if not h.createdAt then return nil, 'not_found' end
  local goneAt = h.deletedAt or (h.endedAt and h.endedAt + h.retention)
  if goneAt and now >= tonumber(goneAt) then
    return nil, now < goneAt + h.tombstone and 'gone' or 'not_found'
  end
  return h
end

local function hasEnded(status)
  return status == 'completed' or status == 'failed' or status == 'cancelled'
end

-- The record as it is kept, and the time: what it says at that time is decided by its reader.
local function told(key, dataKey)
  return {whole(now), redis.call('HGETALL', key), redis.call('HGET', dataKey, 'title')}
end

-- Signals that nobody consumed, oldest first.
local function pending(consumed, count)
  local found = {}
  for seq = consumed + 1, count do found[#found + 1] = redis.call('HGET', signals, 'n' .. seq) end
  return found
end

-- A member of the indexes: in lexicographic order it is in order of age, then of id.
local function placeOf(createdAt)
  return string.format('%015.0f:%s', createdAt, run)
end

-- The indexes that a run stands in for as long as it is readable.
local function indexes(place, kind, principal)
  local keys = {'all', 'kind:' .. kind, 'of:' .. principal}
  local group = place:sub(17):match('^(.*)%.')
  if group then keys[#keys + 1] = 'group:' .. group end
  return keys
end

local function forget(place, kind, principal)
  for _, key in ipairs(indexes(place, kind, principal)) do redis.call('ZREM', base .. key, place) end
  for _, key in ipairs({'free', 'held', 'unsealed'}) do redis.call('ZREM', base .. key, place) end
end

-- Takes runs whose retention is over out of the indexes: more at a time than one write can add.
local function sweep()
  for _, due in ipairs(redis.call('ZRANGEBYSCORE', base .. 'due', '-inf', now, 'LIMIT', 0, 4)) do
    forget(unpack(cjson.decode(due)))
    redis.call('ZREM', base .. 'due', due)
  end
end
`
