import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { BridgedRequest, type BodySource } from '../../server/inquiry.ts'
import type { Leaving } from './leaving.ts'
import { isCut, toRequest, urlOf } from './request.ts'

/** A message as Node has it. */
export class NodeRequest extends BridgedRequest {
  readonly method: string
  readonly url: string
  readonly headers: NodeHeaders
  readonly #message: IncomingMessage
  readonly #leaving: Leaving
  #web: Request | null = null

  constructor(message: IncomingMessage, leaving: Leaving) {
    super()
    this.method = message.method ?? 'GET'
    this.url = urlOf(message)
    this.headers = new NodeHeaders(message.headers)
    this.#message = message
    this.#leaving = leaving
  }

  get signal(): AbortSignal {
    return this.#leaving.signal
  }

  get isHttp10(): boolean {
    return this.#message.httpVersion === '1.0'
  }

  get web(): Request {
    this.#web ??= this.#leaving.asking(toRequest(this.#message, this.#leaving.signal))
    return this.#web
  }

  get message(): BodySource | null {
    return this.#web === null ? new MessageBody(this.#message) : null
  }
}

class NodeHeaders {
  readonly #headers: IncomingHttpHeaders

  constructor(headers: IncomingHttpHeaders) {
    this.#headers = headers
  }

  get(name: string): string | null {
    const value = this.#headers[name.toLowerCase()]
    return Array.isArray(value) ? value.join(', ') : (value ?? null)
  }

  has(name: string): boolean {
    return this.#headers[name.toLowerCase()] !== undefined
  }
}

class MessageBody implements BodySource {
  readonly #message: IncomingMessage

  constructor(message: IncomingMessage) {
    this.#message = message
  }

  read(take: (bytes: Uint8Array) => void): Promise<void> {
    const message = this.#message
    return new Promise((resolve, reject) => {
      const fail: (reason: unknown) => void = reject
      // Gone before anybody listened: nothing more is said about it.
      if (message.destroyed) reject(new Error('The connection is gone.'))
      message.once('error', reject)
      message.once('end', () => {
        if (isCut(message)) fail(new Error('The stream was reset.'))
        else resolve()
      })
      const onData = (chunk: Buffer): void => {
        try {
          take(chunk)
        } catch (error) {
          // Read on by nobody: the answer that says why needs the connection.
          message.off('data', onData).resume()
          fail(error)
        }
      }
      // Also where something before us has paused it.
      message.on('data', onData).resume()
    })
  }
}
