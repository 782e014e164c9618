/** Leaves a tombstone. Answers 0, or a refusal. */
export const REMOVE = `
local h, missing = hold('kind', 'principal')
if not h then return missing == 'gone' and 0 or missing end
redis.call('UNLINK', data, live, packed, signals, readers)
redis.call('HSET', record, 'deletedAt', whole(now), 'leaseUntil', '0')
redis.call('HDEL', record, 'nonce')
local place = placeOf(h.createdAt)
forget(place, h.kind, h.principal)
redis.call('ZREM', base .. 'due', cjson.encode({place, h.kind, h.principal}))
wake('')
redis.call('PEXPIREAT', record, whole(now + h.tombstone))
return 0
`
