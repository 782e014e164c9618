import { modelLimit } from './failure.ts'

const [LF, CR] = [10, 13]
const DEFAULT_EVENT = 4 * 1024 * 1024

/**
 * A `fetch` for a vendor's client, whose parser holds an event until it ends, and a refusal as a whole: what is
 * longer than `bytes` fails before it fills the memory. Whoever brings a client of his own gives it this one.
 */
export function limitedFetch(bytes: number = DEFAULT_EVENT, fetch: typeof globalThis.fetch = globalThis.fetch): typeof globalThis.fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    const { body, ok, status, statusText, headers } = response
    return body === null ? response : new Response(body.pipeThrough(pieceLimit(bytes, ok)), { status, statusText, headers })
  }
}

/** @param hasEvents whether a blank line ends what is held; else all of the body is */
function pieceLimit(bytes: number, hasEvents: boolean): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let held = 0
  let isLineEmpty = true
  const holds = (byte: number): number => {
    // A line of nothing but CR is a blank one too.
    if (hasEvents && byte === CR) return held
    if (hasEvents && byte === LF && isLineEmpty) return 0
    isLineEmpty = byte === LF
    return held + 1
  }
  return new TransformStream({
    transform(chunk, controller) {
      let most = 0
      for (const byte of chunk) {
        held = holds(byte)
        most = Math.max(most, held)
      }
      if (most > bytes) controller.error(modelLimit('The model sent more in one piece than it may.'))
      else controller.enqueue(chunk)
    },
  })
}
