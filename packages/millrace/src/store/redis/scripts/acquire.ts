/** ARGV: nonce, ttl, epoch, revoke (1 or 0). Answers {fence, record, signals, waited (1 or 0)}, `nil` while it is held, or a refusal. */
export const ACQUIRE = `
local nonce, leaseUntil = ARGV[1], whole(now + ARGV[2])
local h, missing = hold('status', 'tail', 'fence', 'losses', 'nonce', 'leaseUntil', 'epochs', 'consumed', 'signals', 'last')
if not h then return missing end
if hasEnded(h.status) then return 'ended' end

local fence = tonumber(h.fence)
local function answer()
  local lastFence, release = h.last:match('^(%d+) .* (%a*)$')
  local waited = release == 'waiting' and tonumber(lastFence) == fence - 1
  return {fence, told(record, data), pending(h.consumed, h.signals), waited and 1 or 0}
end

if h.nonce == nonce then
  redis.call('HSET', record, 'leaseUntil', leaseUntil)
  return answer()
end
if h.status == 'running' and tonumber(h.leaseUntil) > now and ARGV[4] == '0' then return false end

-- A lease that wrote nothing leaves no epoch: a crash loop does not grow the table.
local from, epochs = h.tail + 1, {}
for _, epoch in ipairs(cjson.decode(h.epochs)) do
  if epoch[1] < from then epochs[#epochs + 1] = epoch end
end
epochs[#epochs + 1] = {from, ARGV[3]}

fence = fence + 1
local losses = h.losses + (h.status == 'running' and 1 or 0)
redis.call('HSET', record, 'status', 'running', 'fence', whole(fence), 'losses', whole(losses),
  'leaseUntil', leaseUntil, 'nonce', nonce, 'epochs', cjson.encode(epochs))
local place = placeOf(h.createdAt)
redis.call('ZREM', base .. 'free', place)
redis.call('ZADD', base .. 'held', leaseUntil, place)
wake('')
return answer()
`
