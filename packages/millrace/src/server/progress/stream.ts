import { ByteWriter, type Chunk, chunkOf } from '../../format/bytes.ts'
import type { Format } from '../../format/format.ts'
import type { ProgressSnapshot } from '../../progress/snapshot.ts'
import type { Beating, HeartbeatWheel } from '../heartbeat.ts'
import type { Sink, SinkControl, StreamBody } from '../sink.ts'
import type { GroupProgress, ProgressWatcher } from './group-progress.ts'

/** How snapshots are said. */
export interface ProgressEncoding {
  readonly format: Format
  readonly data: (snapshot: ProgressSnapshot) => string
  /** The event that says to hypermedia, which knows no other way, that nothing follows. */
  readonly done: string | null
}

/** One frame is made for all who read the same; a snapshot is forgotten with its readers. */
const frames = new WeakMap<ProgressSnapshot, Map<ProgressEncoding, Chunk>>()

function frameOf(snapshot: ProgressSnapshot, encoding: ProgressEncoding): Chunk {
  const known = frames.get(snapshot) ?? new Map<ProgressEncoding, Chunk>()
  frames.set(snapshot, known)
  const frame = known.get(encoding) ?? framed(snapshot, encoding)
  known.set(encoding, frame)
  return frame
}

function framed(snapshot: ProgressSnapshot, { format, data, done }: ProgressEncoding): Chunk {
  const out = new ByteWriter()
  const cursor = String(snapshot.version)
  format.frame(out, { cursor, event: null, data: data(snapshot) })
  if (done !== null && snapshot.ended) format.frame(out, { cursor, event: done, data: snapshot.status })
  return out.take()
}

/**
 * One reader of a group's progress. Each snapshot is whole, so a slow reader is sent the newest when it
 * has room and misses those between: nothing is kept for it.
 */
export class ProgressStream implements StreamBody, SinkControl, ProgressWatcher, Beating {
  lastSent = 0
  readonly #group: GroupProgress
  readonly #encoding: ProgressEncoding
  readonly #heartbeats: HeartbeatWheel
  readonly #unwatch: () => void
  readonly #leave: (() => void) | undefined
  #sink: Sink | null = null
  #sent: number
  #full = false
  #closed = false

  /**
   * @param sent the version that the reader has; -1 for none
   * @param leave gives its place back; called once
   */
  constructor(group: GroupProgress, encoding: ProgressEncoding, heartbeats: HeartbeatWheel, sent: number, leave?: () => void) {
    this.#group = group
    this.#encoding = encoding
    this.#heartbeats = heartbeats
    this.#sent = sent
    this.#leave = leave
    this.#unwatch = group.watch(this)
  }

  open(sink: Sink): SinkControl {
    if (this.#closed) {
      // It was lost while nobody had begun to read it.
      sink.reset()
      return this
    }
    this.#sink = sink
    this.#heartbeats.add(this)
    this.onChange()
    return this
  }

  onChange(): void {
    if (this.#closed || this.#full || this.#sink === null) return
    const { value } = this.#group
    if (value.version !== this.#sent) {
      this.#sent = value.version
      this.#write(frameOf(value, this.#encoding))
    }
    if (!value.ended) return
    this.#sink.end()
    this.close()
  }

  onLost(): void {
    // Cut, not ended: the reader comes back, and finds it elsewhere or anew.
    this.#sink?.reset()
    this.close()
  }

  beat(): void {
    const { heartbeat } = this.#encoding.format
    if (heartbeat && !this.#full) this.#write(chunkOf(heartbeat))
  }

  drain(): void {
    this.#full = false
    this.onChange()
  }

  discard(): void {
    this.close()
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#heartbeats.remove(this)
    this.#unwatch()
    this.#leave?.()
  }

  #write(chunk: Chunk): void {
    this.lastSent = this.#heartbeats.now
    this.#full = this.#sink?.write(chunk) === false
  }
}
