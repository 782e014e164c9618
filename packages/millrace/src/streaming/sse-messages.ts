const decoder = new TextDecoder()

/** A stream of server-sent events in this process: each message as text, pulled one by one. */
export class SseMessages implements AsyncIterableIterator<string> {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array> | undefined
  readonly #failure: () => unknown

  /** @param failure why the body was cut */
  constructor({ body }: Response, failure: () => unknown) {
    this.#reader = body?.getReader()
    this.#failure = failure
  }

  async next(): Promise<IteratorResult<string, undefined>> {
    const read = await this.#reader?.read().catch((cut: unknown) => {
      throw this.#failure() ?? cut
    })
    return read?.value ? { done: false, value: decoder.decode(read.value) } : { done: true, value: undefined }
  }

  /** Leaves at once, also while the source is silent. */
  async return(): Promise<IteratorResult<string, undefined>> {
    await this.#reader?.cancel()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): this {
    return this
  }
}
