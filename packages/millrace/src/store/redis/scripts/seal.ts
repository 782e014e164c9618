/** ARGV: first, last, joined (1 or 0), has a snapshot (1 or 0), snapshot, then `last, row` for each segment. */
export const SEAL = `
local first, last = tonumber(ARGV[1]), tonumber(ARGV[2])
local h, missing = hold('tail', 'sealedTo')
if not h then return missing end
local sealedTo = tonumber(h.sealedTo)
if last <= sealedTo then return 0 end
if last > tonumber(h.tail) then return 'regressed' end
if ARGV[3] == '0' or first < 1 or first > sealedTo + 1 then return 'conflict' end

-- Rows begin and end there: the first unpacked row begins after the last segment by itself.
if first <= sealedTo then
  local at = redis.call('ZRANGEBYSCORE', packed, first, '+inf', 'LIMIT', 0, 1)[1]
  if tonumber(at:match('^%d+')) ~= first then return 'conflict' end
end
local id = whole(last) .. '-0'
local final = redis.call('XRANGE', live, id, id)[1]
if not final then return 'conflict' end

-- The row of the last write goes: its digest stays, to know its retry.
if last == tonumber(h.tail) then redis.call('HSET', record, 'lastDigest', redis.sha1hex(final[2][2])) end
redis.call('ZREMRANGEBYSCORE', packed, first, '+inf')
for i = 6, #ARGV, 2 do redis.call('ZADD', packed, ARGV[i], ARGV[i + 1]) end
redis.call('XTRIM', live, 'MINID', whole(last + 1) .. '-0')
redis.call('HSET', record, 'sealedTo', whole(last))
if ARGV[4] == '1' then redis.call('HSET', data, 'snapshot', ARGV[5]) end
if h.endedAt then
  if last == tonumber(h.tail) then redis.call('ZREM', base .. 'unsealed', placeOf(h.createdAt)) end
  redis.call('PEXPIREAT', packed, whole(h.endedAt + h.retention))
end
return 0
`
