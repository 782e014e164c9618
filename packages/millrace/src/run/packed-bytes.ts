const FIRST_SIZE = 1024
const LF = 0x0a
/** Fewer are copied one by one: the way into native code costs more. */
const FEW = 48

const encoder = new TextEncoder()

/** The lines of a segment to be, as they are put together: bytes that grow at their end. */
export class PackedBytes {
  #bytes = new Uint8Array(FIRST_SIZE)
  #end = 0

  /** Begins a line. */
  begin(): void {
    if (this.#end === 0) return
    this.#room(1)
    this.#bytes[this.#end++] = LF
  }

  line(line: Uint8Array): void {
    this.begin()
    this.copy(line, 0, line.length)
  }

  text(text: string): void {
    this.#room(text.length * 3)
    this.#end += encoder.encodeInto(text, this.#bytes.subarray(this.#end)).written
  }

  copy(from: Uint8Array, start: number, stop: number): void {
    const length = stop - start
    this.#room(length)
    if (length > FEW) this.#bytes.set(from.subarray(start, stop), this.#end)
    else for (let index = 0; index < length; index += 1) this.#bytes[this.#end + index] = from[start + index] ?? 0
    this.#end += length
  }

  /** All of it, in an array of its own size: stores keep it for long. */
  take(): Uint8Array {
    return this.#bytes.slice(0, this.#end)
  }

  #room(more: number): void {
    if (this.#end + more <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#end + more))
    larger.set(this.#bytes.subarray(0, this.#end))
    this.#bytes = larger
  }
}
