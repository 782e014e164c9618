import type { Batch } from '../../event/batch.ts'
import type { RunId } from '../store.ts'
import type { Blobs } from './blobs.ts'
import { corrupt } from './failure.ts'
import type { Ref } from './head.ts'

/** A packed segment, and where it lies. */
export interface Segment {
  readonly first: number
  readonly last: number
  readonly size: number
  readonly at: Ref
}

interface Packed {
  readonly first: number
  readonly last: number
  readonly epoch: string
  readonly head: string | null
  /** How many bytes of the table of boundaries follow this line; `null`: there is none. */
  readonly parts: number | null
}

const LF = 0x0a
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** The packed part of a log: segments, and a table of them that the record names. */
export class Segments {
  readonly #blobs: Blobs

  constructor(blobs: Blobs) {
    this.#blobs = blobs
  }

  async put(run: RunId, segment: Batch): Promise<Segment> {
    const { first, last, bytes } = segment
    return { first, last, size: bytes.length, at: await this.#blobs.put(run, 'segment', encodeSegment(segment)) }
  }

  async putTable(run: RunId, table: readonly Segment[]): Promise<Ref> {
    const rows = table.map(({ first, last, size, at }) => [first, last, size, at])
    return this.#blobs.put(run, 'segments', encoder.encode(JSON.stringify(rows)))
  }

  /** `null` where another one has taken its place. */
  async table(ref: Ref | null): Promise<readonly Segment[] | null> {
    if (ref === null) return []
    const bytes = await this.#blobs.get(ref)
    if (bytes === null) return null
    const rows = JSON.parse(decoder.decode(bytes)) as readonly (readonly [number, number, number, Ref])[]
    return rows.map(([first, last, size, at]) => ({ first, last, size, at }))
  }

  /** Segments after an offset: about so many bytes, at least one. `null` where they have been packed anew. */
  async after(table: readonly Segment[], offset: number, maxBytes: number): Promise<readonly Batch[] | null> {
    let size = 0
    const wanted = table.filter((segment) => {
      const isWanted = segment.last > offset && (size === 0 || size < maxBytes)
      if (isWanted) size += segment.size
      return isWanted
    })
    const found = await Promise.all(wanted.map(({ at }) => this.#blobs.get(at)))
    const batches = found.flatMap((bytes) => (bytes === null ? [] : [decodeSegment(bytes)]))
    return batches.length === wanted.length ? batches : null
  }
}

function encodeSegment({ first, last, epoch, head, parts, bytes }: Batch): Uint8Array {
  const packed: Packed = { first, last, epoch, head, parts: parts && parts.length }
  const line = encoder.encode(`${JSON.stringify(packed)}\n`)
  const whole = new Uint8Array(line.length + (parts?.length ?? 0) + bytes.length)
  whole.set(line)
  if (parts) whole.set(parts, line.length)
  whole.set(bytes, whole.length - bytes.length)
  return whole
}

/** @throws MillraceError `store_corrupt` */
function decodeSegment(whole: Uint8Array): Batch {
  const partsAt = whole.indexOf(LF) + 1
  if (partsAt === 0) throw corrupt('a segment of a log cannot be read')
  const { parts, ...place } = JSON.parse(decoder.decode(whole.subarray(0, partsAt))) as Packed
  const bytesAt = partsAt + (parts ?? 0)
  return { ...place, parts: parts === null ? null : whole.subarray(partsAt, bytesAt), bytes: whole.subarray(bytesAt) }
}
