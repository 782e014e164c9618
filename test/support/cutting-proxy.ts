import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Where a body is cut: behind so many of its frames, or of its bytes. Heartbeats are no frames. */
export type Cut = { readonly frames: number } | { readonly bytes: number }

/** A line to a server that breaks where a test says, in the middle of a body. */
export interface CuttingProxy extends AsyncDisposable {
  readonly url: string
  /** What came through it, as `POST /path`, in order. */
  readonly asked: readonly string[]
  /** How many frames each streamed body had, as far as it was let through, in the order of the requests. */
  readonly frames: readonly number[]
  /** The next streamed bodies are cut, one at each place; those after them come whole. */
  cut(...places: readonly Cut[]): void
}

/** A proxy to `target` (`http://host:port`) that gives bodies on as they come and cuts those it was told to. */
export async function cuttingProxy(target: string): Promise<CuttingProxy> {
  const asked: string[] = []
  const frames: number[] = []
  const places: Cut[] = []
  const server = createServer((incoming, outgoing) => {
    asked.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`)
    // Unpacked: a frame is looked for in plain bytes.
    const headers = { ...incoming.headers, 'accept-encoding': 'identity' }
    const upstream = request(new URL(incoming.url ?? '/', target), { method: incoming.method, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      if (!isStream(answer)) {
        answer.pipe(outgoing)
        return
      }
      const nth = frames.push(0) - 1
      giveOn(answer, outgoing, places.shift() ?? null, (count) => (frames[nth] = count))
    })
    upstream.on('error', () => outgoing.destroy())
    outgoing.on('close', () => upstream.destroy())
    incoming.pipe(upstream)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    asked, frames,
    cut: (...more) => void places.push(...more),
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    }),
  }
}

function isStream({ headers }: IncomingMessage): boolean {
  return headers['content-length'] === undefined && /event-stream|ndjson/.test(headers['content-type'] ?? '')
}

function giveOn(answer: IncomingMessage, outgoing: ServerResponse, cut: Cut | null, count: (frames: number) => void): void {
  const body = new Body(answer.headers['content-type']?.includes('ndjson') === true ? '\n' : '\n\n', cut)
  const severIfCut = (): void => {
    if (!body.isCut) return
    answer.destroy()
    // Closed without the last chunk, behind all that was written: a reset could overtake that.
    outgoing.socket?.end()
  }
  outgoing.flushHeaders()
  severIfCut()
  answer.on('data', (chunk: Buffer) => {
    outgoing.write(body.take(chunk))
    count(body.frames)
    severIfCut()
  })
  answer.on('end', () => outgoing.end())
  answer.on('error', () => outgoing.destroy())
}

/** A body on its way: its frames counted, and what stands before its cut. */
class Body {
  frames = 0
  #bytes = 0
  #frame = ''
  readonly #separator: string
  readonly #cut: Cut | null

  constructor(separator: string, cut: Cut | null) {
    this.#separator = separator
    this.#cut = cut
  }

  get isCut(): boolean {
    if (this.#cut === null) return false
    return 'frames' in this.#cut ? this.frames >= this.#cut.frames : this.#bytes >= this.#cut.bytes
  }

  /** What of the next bytes stands before the cut. */
  take(chunk: Buffer): Buffer {
    for (const [at, byte] of chunk.entries()) {
      if (this.isCut) return chunk.subarray(0, at)
      this.#bytes += 1
      this.#frame += String.fromCharCode(byte)
      if (!this.#frame.endsWith(this.#separator)) continue
      // A comment, or an empty line.
      if (!this.#frame.startsWith(':') && this.#frame.trim() !== '') this.frames += 1
      this.#frame = ''
    }
    return chunk
  }
}
