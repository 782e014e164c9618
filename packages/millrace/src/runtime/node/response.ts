import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { takeStream } from '../../server/body.ts'
import type { Leaving } from './leaving.ts'
import { openStream } from './sink.ts'

/** Writes a Web response to a Node one; resolves when it is handed over, not when a stream has ended. */
export async function sendResponse(response: Response, to: ServerResponse, leaving: Leaving): Promise<void> {
  try {
    // What a response holds (a place among the streams, a watch) is given back also if nobody takes it.
    if (leaving.isOver) await discard(response)
    else await send(response, to, leaving)
  } catch (error) {
    await discard(response)
    throw error
  }
}

async function discard(response: Response): Promise<void> {
  takeStream(response)?.discard()
  if (response.body?.locked === false) await response.body.cancel()
}

async function send(response: Response, to: ServerResponse, leaving: Leaving): Promise<void> {
  to.writeHead(response.status, headersOf(response))
  const stream = takeStream(response)
  if (stream) {
    if (to.req.method === 'HEAD') {
      stream.discard()
      to.end()
    } else openStream(stream, to, leaving)
    return
  }
  await sendBody(response, to, leaving.signal)
}

/** Given with the head at once, and not one by one: then Node keeps no table of them for as long as the answer lasts. */
function headersOf({ headers }: Response): OutgoingHttpHeaders {
  const cookies = headers.getSetCookie()
  return { ...Object.fromEntries(headers), ...(cookies.length > 0 && { 'set-cookie': cookies }) }
}

async function sendBody(response: Response, to: ServerResponse, leaving: AbortSignal): Promise<void> {
  const reader = response.body?.getReader()
  leaving.addEventListener('abort', () => void reader?.cancel().catch(() => undefined))
  try {
    for (let result = await reader?.read(); result && !result.done; result = await reader?.read()) {
      if (!to.write(result.value)) await drained(to, leaving)
    }
    to.end()
  } catch {
    // The body failed after its head was sent: the client must not take it for complete.
    to.destroy()
  }
}

function drained(to: ServerResponse, leaving: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      to.off('drain', done)
      leaving.removeEventListener('abort', done)
      resolve()
    }
    to.on('drain', done)
    leaving.addEventListener('abort', done)
  })
}
