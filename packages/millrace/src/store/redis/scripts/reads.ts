/** Answers the record. */
export const FIND = `return told(record, data)`

/** Answers {record, input, checkpoint, its offset, snapshot}. */
export const LOAD = `
return {told(record, data), redis.call('HMGET', data, 'input', 'checkpoint', 'checkpointAt', 'snapshot')}
`

/** ARGV: after, the bytes asked for. Answers {record, rows}. */
export const READ = `
local after, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local h = hold('sealedTo')
local rows, size = {}, 0
if not h then return {told(record, data), rows} end

local function take(row)
  rows[#rows + 1] = row
  size = size + #row - row:find('\\n', 1, true)
  return size < most
end

-- Segments are large, so they are fetched one by one.
local from, wanted, sealedTo = after, true, tonumber(h.sealedTo)
while wanted and from < sealedTo do
  local found = redis.call('ZRANGEBYSCORE', packed, '(' .. whole(from), '+inf', 'WITHSCORES', 'LIMIT', 0, 1)
  if not found[1] then break end
  wanted, from = take(found[1]), tonumber(found[2])
end

local ROWS_AT_ONCE = 64
while wanted do
  local found = redis.call('XRANGE', live, '(' .. whole(from) .. '-0', '+', 'COUNT', ROWS_AT_ONCE)
  for _, each in ipairs(found) do
    wanted, from = take(each[2][2]), tonumber(each[1]:match('^%d+'))
    if not wanted then break end
  end
  wanted = wanted and #found == ROWS_AT_ONCE
end
return {told(record, data), rows}
`
