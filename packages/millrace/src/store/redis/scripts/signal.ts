/** ARGV: id, the signal as JSON. Answers the record, or a refusal. */
export const SIGNAL = `
local h, missing = hold('status', 'signals')
if not h then return missing end
if not hasEnded(h.status) and redis.call('HSETNX', signals, 'id:' .. ARGV[1], '1') == 1 then
  local seq = redis.call('HINCRBY', record, 'signals', 1)
  redis.call('HSET', signals, 'n' .. seq, ARGV[2])
  if h.status == 'waiting' then redis.call('ZADD', base .. 'free', 0, placeOf(h.createdAt)) end
  wake('')
end
return told(record, data)
`
