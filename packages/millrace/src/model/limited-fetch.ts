import { modelLimit } from './failure.ts'

const LF = 10
const DEFAULT_LINE = 4 * 1024 * 1024

/**
 * A `fetch` for a vendor's client, whose parser holds a line until it ends: a line longer than `bytes` fails
 * before it fills the memory. Whoever brings a client of his own gives it this one.
 */
export function limitedFetch(bytes: number = DEFAULT_LINE, fetch: typeof globalThis.fetch = globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    const { body, status, statusText, headers } = response
    return body === null ? response : new Response(body.pipeThrough(lineLimit(bytes)), { status, statusText, headers })
  }
}

function lineLimit(bytes: number): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let line = 0
  return new TransformStream({
    transform(chunk, controller) {
      const end = chunk.lastIndexOf(LF)
      // Inside a chunk a line is no longer than what is here already.
      line = end === -1 ? line + chunk.length : chunk.length - end - 1
      if (line > bytes) controller.error(modelLimit('The model sent more in one piece than it may.'))
      else controller.enqueue(chunk)
    },
  })
}
