import { bodyOf, named } from './wire.mjs'

const D = 'd'.charCodeAt(0)
const DATA = 'data: '.length

/** The least a reader of such a stream does. It knows nothing of ids, other line ends, bounds or resuming. */
class Lines {
  #decoder = new TextDecoder()
  #rest = ''
  events = 0

  push(chunk) {
    const text = this.#rest + this.#decoder.decode(chunk, { stream: true })
    let start = 0
    for (let stop = text.indexOf('\n'); stop !== -1; stop = text.indexOf('\n', start)) {
      if (text.charCodeAt(start) === D) {
        JSON.parse(text.slice(start + DATA, stop))
        this.events += 1
      }
      start = stop + 1
    }
    this.#rest = text.slice(start)
  }
}

function floor(bytes, chunk) {
  const lines = new Lines()
  for (let at = 0; at < bytes.length; at += chunk) lines.push(bytes.subarray(at, at + chunk))
  return lines.events
}

async function limit(bytes, chunk) {
  const lines = new Lines()
  const reader = bodyOf(bytes, chunk).getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) lines.push(part.value)
  return lines.events
}

const RUN = 'A'.repeat(22)

/** The whole path of a page that follows a run; only the network is missing. */
async function openRun(bytes, chunk) {
  const { createClient } = await import('../../packages/millrace/dist/client/index.js')
  globalThis.fetch = async () => responseOf(bytes, chunk)
  return createClient('http://bench').open(RUN)
}

function responseOf(bytes, chunk) {
  return new Response(bodyOf(bytes, chunk), { headers: { 'Content-Type': 'text/event-stream' } })
}

async function millraceBatches(bytes, chunk) {
  let events = 0
  for await (const entries of (await openRun(bytes, chunk)).batches()) events += entries.length
  return events
}

async function millraceEntries(bytes, chunk) {
  let events = 0
  for await (const entry of (await openRun(bytes, chunk)).follow()) if (entry.offset > 0) events += 1
  return events
}

const eventsourceParser = (version) => async (bytes, chunk) => {
  const { createParser } = await import(`eventsource-parser-${version}`)
  let events = 0
  const parser = createParser({
    onEvent({ data }) {
      JSON.parse(data)
      events += 1
    },
  })
  const decoder = new TextDecoder()
  const reader = bodyOf(bytes, chunk).getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) parser.feed(decoder.decode(part.value, { stream: true }))
  return events
}

const eventsourceParserStream = (version) => async (bytes, chunk) => {
  const { EventSourceParserStream } = await import(`eventsource-parser-${version}/stream`)
  let events = 0
  for await (const { data } of bodyOf(bytes, chunk).pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream())) {
    JSON.parse(data)
    events += 1
  }
  return events
}

async function fetchEventSource(bytes, chunk) {
  const { getBytes, getLines, getMessages } = await import('@microsoft/fetch-event-source/lib/cjs/parse.js')
  let events = 0
  const onMessage = ({ data }) => {
    if (data === '') return
    JSON.parse(data)
    events += 1
  }
  await getBytes(bodyOf(bytes, chunk), getLines(getMessages(() => {}, () => {}, onMessage)))
  return events
}

async function aiSdk(bytes, chunk) {
  const { parseJsonEventStream } = await import('ai')
  let events = 0
  for await (const { success } of parseJsonEventStream({ stream: bodyOf(bytes, chunk), schema: undefined })) if (success) events += 1
  return events
}

async function openai(bytes, chunk) {
  const { Stream } = await import('openai/streaming')
  return count(Stream.fromSSEResponse(responseOf(bytes, chunk), new AbortController()))
}

async function anthropic(bytes, chunk) {
  const { Stream } = await import('@anthropic-ai/sdk/streaming')
  return count(Stream.fromSSEResponse(responseOf(bytes, chunk), new AbortController()))
}

async function count(stream) {
  let events = 0
  for await (const event of stream) if (event !== null) events += 1
  return events
}

/**
 * Each reads the bytes to their end and returns how many events it found. `wire` turns them into
 * what it understands before the clock runs. The first is the limit that the others are measured by.
 */
export const CONTENDERS = {
  limit: { read: limit },
  'the same without a stream': { read: floor },
  'millrace batches()': { read: millraceBatches },
  'millrace follow()': { read: millraceEntries },
  'eventsource-parser 3': { read: eventsourceParser(3), peer: true },
  'eventsource-parser 3 stream': { read: eventsourceParserStream(3), peer: true },
  'eventsource-parser 4': { read: eventsourceParser(4), peer: true },
  'eventsource-parser 4 stream': { read: eventsourceParserStream(4), peer: true },
  'fetch-event-source': { read: fetchEventSource, peer: true },
  'AI SDK parseJsonEventStream': { read: aiSdk, peer: true },
  'openai Stream': { read: openai, peer: true },
  'anthropic Stream': { read: anthropic, wire: named, peer: true },
}
