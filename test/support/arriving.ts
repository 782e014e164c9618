/** What has arrived of a body so far, and how it goes on. */
export class Arriving {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>
  readonly #chunks: Uint8Array[] = []

  constructor(response: Response) {
    this.#reader = response.body!.getReader()
  }

  get bytes(): Uint8Array {
    return Buffer.concat(this.#chunks)
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes)
  }

  async until(text: string): Promise<void> {
    while (!this.text.includes(text)) {
      const { done, value } = await this.#reader.read()
      if (done) throw new Error(`the body ended before it said ${text}`)
      this.#chunks.push(value)
    }
  }

  /** @throws where the body was cut */
  async toEnd(): Promise<void> {
    for (let read = await this.#reader.read(); !read.done; read = await this.#reader.read()) this.#chunks.push(read.value)
  }

  leave(): Promise<void> {
    return this.#reader.cancel()
  }
}
