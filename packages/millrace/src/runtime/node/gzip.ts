import { constants, crc32, deflateRawSync } from 'node:zlib'
import { chunkOf, type Chunk } from '../../format/bytes.ts'
import type { Sink, SinkControl, StreamBody } from '../../server/sink.ts'

/** A gzip member's head: deflate, no name, no time, of no system in particular. */
const HEAD = Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff)
/** The last block, with nothing in it. */
const LAST_BLOCK = Uint8Array.of(0x03, 0x00)
/** A window of 4 KiB finds nearly all there is to find in frames of one run, and is made anew for every chunk. */
const OPTIONS = { level: 1, windowBits: 12, memLevel: 5, finishFlush: constants.Z_SYNC_FLUSH }
const WINDOW = 4096

/** Stands before the first chunk of every stream. */
const NOTHING: Chunk = { body: new Uint8Array(0), framed: new Uint8Array(0) }
/** What a chunk became after another one: the same for whoever is sent the two in turn, and gone with them. */
const packed = new WeakMap<Chunk, WeakMap<Chunk, Chunk>>()

/**
 * A stream in gzip at the price of one. A chunk is packed by itself, referring back to the chunk before
 * it and no further, and ends on a whole byte: so readers share its packed bytes as they share the
 * plain ones, and keep no window each. What is a reader's own is the checksum at its end.
 */
export class GzipStream implements StreamBody {
  readonly #stream: StreamBody

  constructor(stream: StreamBody) {
    this.#stream = stream
  }

  open(sink: Sink): SinkControl {
    return this.#stream.open(new GzipSink(sink))
  }

  discard(): void {
    this.#stream.discard()
  }
}

class GzipSink implements Sink {
  readonly #to: Sink
  #before = NOTHING
  #crc = 0
  #size = 0

  constructor(to: Sink) {
    this.#to = to
  }

  write(chunk: Chunk): boolean {
    const after = packedAfter(this.#before, chunk)
    this.#before = chunk
    this.#crc = crc32(chunk.body, this.#crc)
    this.#size += chunk.body.length
    return this.#to.write(after)
  }

  end(): void {
    const trailer = new Uint8Array(8)
    const view = new DataView(trailer.buffer)
    view.setUint32(0, this.#crc, true)
    view.setUint32(4, this.#size, true)
    this.#to.write(chunkOf(Buffer.concat([this.#before === NOTHING ? HEAD : NOTHING.body, LAST_BLOCK, trailer])))
    this.#to.end()
  }

  /** Without the last block and the checksum it cannot pass for complete. */
  reset(): void {
    this.#to.reset()
  }
}

function packedAfter(before: Chunk, chunk: Chunk): Chunk {
  const followers = packed.get(before) ?? new WeakMap<Chunk, Chunk>()
  packed.set(before, followers)
  const known = followers.get(chunk)
  if (known) return known
  const fresh = pack(before, chunk)
  followers.set(chunk, fresh)
  return fresh
}

function pack(before: Chunk, { body }: Chunk): Chunk {
  const room = { ...OPTIONS, chunkSize: body.length + 64 }
  if (before === NOTHING) return chunkOf(Buffer.concat([HEAD, deflateRawSync(body, room)]))
  return chunkOf(deflateRawSync(body, { ...room, dictionary: before.body.subarray(-WINDOW) }))
}
