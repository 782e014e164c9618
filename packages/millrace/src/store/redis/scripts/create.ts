/** ARGV: nonce, ttl, kind, principal, title, digest, input, retention, tombstone, epochs, row. Answers {created, record}. */
export const CREATE = `
local nonce, ttl, kind, principal = ARGV[1], tonumber(ARGV[2]), ARGV[3], ARGV[4]
sweep()
local h, missing = hold('createdBy')
if missing ~= 'not_found' then
  return {h and h.createdBy == nonce and 1 or 0, told(record, data)}
end

-- What a former life under this id may have left.
redis.call('UNLINK', record, data, live, packed, signals, readers)
local held = ttl > 0
local leaseUntil = held and whole(now + ttl) or '0'
-- Redis keeps a small hash as a list: what every append asks for stands first.
if held then redis.call('HSET', record, 'nonce', nonce) end
redis.call('HSET', record,
  'fence', held and '1' or '0', 'tail', '1', 'consumed', '0', 'signals', '0', 'leaseUntil', leaseUntil, 'last', '',
  'status', held and 'running' or 'queued', 'createdAt', whole(now), 'retention', ARGV[8], 'tombstone', ARGV[9],
  'kind', kind, 'principal', principal, 'digest', ARGV[6], 'createdBy', nonce, 'epochs', ARGV[10], 'losses', '0', 'sealedTo', '0')
redis.call('HSET', data, 'title', ARGV[5], 'input', ARGV[7])
redis.call('XADD', live, '1-0', 'row', ARGV[11])

local place = placeOf(now)
for _, key in ipairs(indexes(place, kind, principal)) do redis.call('ZADD', base .. key, 0, place) end
if held then redis.call('ZADD', base .. 'held', leaseUntil, place) else redis.call('ZADD', base .. 'free', 0, place) end
wake(ARGV[11])
return {1, told(record, data)}
`
