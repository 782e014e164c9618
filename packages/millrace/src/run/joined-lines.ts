import { encodeParts } from '../event/lines.ts'
import { DeltaRun, textStart } from './delta-run.ts'
import { PackedBytes } from './packed-bytes.ts'

const DELTA_HEAD = new TextEncoder().encode('{"type":"delta"')
const LF = 0x0a

/** Lines put together, adjacent deltas of one block as one. Of one epoch. */
export class JoinedLines {
  readonly #bytes = new PackedBytes()
  /** Of each line, where it was joined of several: how long their texts are. */
  readonly #parts: (readonly number[] | null)[] = []
  #run: DeltaRun | null = null

  /** UTF-16 units of the delta that was added last. */
  get newest(): number {
    return this.#run?.newest ?? 0
  }

  /**
   * Joins the line at `at` to the delta before it, without parsing it: that would cost more than all the rest.
   * @returns where the next line begins; `null` where it is not joined as it stands
   */
  join(lines: Uint8Array, at: number): number | null {
    return this.#run?.join(lines, at) ?? null
  }

  /**
   * @param lengths of the texts that were joined into the line before
   * @returns whether it is a delta, to which others may be joined
   */
  add(line: Uint8Array, first: number, lengths: readonly number[] | null): boolean {
    if (this.#run?.add(line, lengths) === true) return true
    this.#endRun()
    const text = isDelta(line) ? textStart(line) : 0
    const run = text === 0 ? null : new DeltaRun(line.subarray(0, text), first, this.#bytes)
    if (run?.add(line, lengths) === true) {
      this.#run = run
      return true
    }
    this.#bytes.line(line)
    this.#parts.push(lengths)
    return false
  }

  /** Nothing is added any more. */
  close(): { readonly bytes: Uint8Array; readonly parts: Uint8Array } {
    this.#endRun()
    return { bytes: this.#bytes.take(), parts: encodeParts(this.#parts) }
  }

  #endRun(): void {
    if (this.#run) this.#parts.push(this.#run.close())
    this.#run = null
  }
}

/** Where the line that begins at `at` ends. */
export function lineEnd(bytes: Uint8Array, at: number): number {
  const end = bytes.indexOf(LF, at)
  return end === -1 ? bytes.length : end
}

function isDelta(line: Uint8Array): boolean {
  return DELTA_HEAD.every((byte, index) => line[index] === byte)
}
