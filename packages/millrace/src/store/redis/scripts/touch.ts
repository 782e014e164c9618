/** ARGV: node, ttl. Answers at how many nodes the run is read, or a refusal. */
export const TOUCH = `
local h, missing = hold()
if not h then return missing end
if ARGV[2] == '0' then redis.call('ZREM', readers, ARGV[1])
else redis.call('ZADD', readers, whole(now + ARGV[2]), ARGV[1]) end
redis.call('ZREMRANGEBYSCORE', readers, '-inf', now)
local newest = redis.call('ZREVRANGE', readers, 0, 0, 'WITHSCORES')[2]
if not newest then return 0 end
redis.call('PEXPIREAT', readers, whole(newest))
return redis.call('ZCARD', readers)
`
