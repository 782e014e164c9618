import { serve } from '@hono/node-server'
import { toServerSentEventsResponse } from '@tanstack/ai'
import { contend } from './contender.mjs'
import { generate } from './source.mjs'

async function* chunks(work) {
  for await (const delta of generate(work)) yield { type: 'TEXT_MESSAGE_CONTENT', messageId: '0', delta, timestamp: 0 }
}

const fetch = async (request) => toServerSentEventsResponse(chunks(await request.json()))

serve({ fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => contend(`http://127.0.0.1:${port}/`))
