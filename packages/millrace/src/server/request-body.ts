import { MillraceError } from '../event/error.ts'
import type { Json } from '../event/run-event.ts'
import { CONTENT_TYPE } from '../protocol/headers.ts'
import { BridgedRequest, webRequest, type BodySource, type Inquiry } from './inquiry.ts'

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false })

const OPENING = /[[{]/g
const FORMS: readonly string[] = ['application/x-www-form-urlencoded', 'multipart/form-data']

/** More are nobody's form. */
const MOST_FIELDS = 1_000

/** Whether a page's form sent this by itself, without a script. */
export function isForm(request: Inquiry): boolean {
  return FORMS.includes(mediaTypeOf(request))
}

function mediaTypeOf(request: Inquiry): string {
  return (request.headers.get(CONTENT_TYPE) ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
}

/**
 * The request's JSON, or a form's fields as an object of strings.
 * @param maxBytes counted while it is read: a chunked body has no length to be believed
 * @throws MillraceError `unsupported_media_type`, `too_large`, `invalid_request`
 */
export async function readInput(request: Inquiry, maxBytes: number, maxDepth: number): Promise<Json> {
  const bytes = await readBytes(request, maxBytes)
  if (bytes.length === 0) throw new MillraceError('invalid_request', 'The request has no body. Send JSON or a form.')
  if (isForm(request)) return fieldsOf(bytes, request.headers.get(CONTENT_TYPE) ?? '')
  if (mediaTypeOf(request) !== 'application/json') {
    throw new MillraceError('unsupported_media_type', 'Send JSON with Content-Type: application/json, or a form.')
  }
  return parseJson(decode(bytes), maxDepth)
}

/** @throws MillraceError `invalid_request` */
export function parseJson(text: string, maxDepth: number): Json {
  checkDepth(text, maxDepth)
  try {
    return JSON.parse(text) as Json
  } catch (cause) {
    throw new MillraceError('invalid_request', 'This is not valid JSON.', { cause })
  }
}

async function fieldsOf(bytes: Uint8Array<ArrayBuffer>, type: string): Promise<Json> {
  const form = await new Response(bytes, { headers: { [CONTENT_TYPE]: type } }).formData().catch((cause: unknown) => {
    throw new MillraceError('invalid_request', 'The body is not the form it says it is.', { cause })
  })
  const fields = [...form].filter(([, value]) => !isNoFile(value)).map(([name, value]): [string, string] => {
    if (typeof value === 'string') return [name, value]
    throw new MillraceError('unsupported_media_type', 'A form is taken without files. Keep a file elsewhere and send its address.')
  })
  if (fields.length > MOST_FIELDS) throw new MillraceError('too_large', `A form has at most ${String(MOST_FIELDS)} fields.`)
  // Defines its fields, also one called `__proto__`; of two with one name the last is kept.
  return Object.fromEntries(fields)
}

/** What a browser sends for a field of files of which none was chosen. */
function isNoFile(value: string | File): boolean {
  return typeof value !== 'string' && value.size === 0 && value.name === ''
}

async function readBytes(request: Inquiry, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(request.headers.get('Content-Length') ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const bytes = new GatheredBytes(maxBytes)
  try {
    await sourceOf(request).read((chunk) => bytes.add(chunk))
  } catch (cause) {
    // A bridge knows better what became of it.
    if (cause instanceof MillraceError) throw cause
    throw new MillraceError('invalid_request', 'The body was cut short.', { cause })
  }
  return bytes.all
}

function sourceOf(request: Inquiry): BodySource {
  return (request instanceof BridgedRequest ? request.message : null) ?? new WebSource(webRequest(request).body)
}

class WebSource implements BodySource {
  readonly #body: ReadableStream<Uint8Array> | null

  constructor(body: ReadableStream<Uint8Array> | null) {
    this.#body = body
  }

  async read(take: (bytes: Uint8Array) => void): Promise<void> {
    const reader = this.#body?.getReader()
    for (let result = await reader?.read(); result && !result.done; result = await reader?.read()) {
      try {
        take(result.value)
      } catch (error) {
        // The rest is not read; the answer goes out while the client may still be sending.
        void reader?.cancel().catch(() => undefined)
        throw error
      }
    }
  }
}

/** Copied as they come: chunks of a byte each, if they were kept, would take a hundred times their size. */
class GatheredBytes {
  readonly #most: number
  #room = new Uint8Array(0)
  #size = 0

  constructor(most: number) {
    this.#most = most
  }

  get all(): Uint8Array<ArrayBuffer> {
    return this.#room.subarray(0, this.#size)
  }

  /** @throws MillraceError `too_large` */
  add(chunk: Uint8Array): void {
    const size = this.#size + chunk.length
    if (size > this.#most) throw tooLarge(this.#most)
    if (size > this.#room.length) {
      const larger = new Uint8Array(Math.max(size, 2 * this.#room.length))
      larger.set(this.all)
      this.#room = larger
    }
    this.#room.set(chunk, this.#size)
    this.#size = size
  }
}

function decode(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes)
  } catch (cause) {
    throw new MillraceError('invalid_request', 'The body is not valid UTF-8.', { cause })
  }
}

/** Counts nesting without building it: a deep value must not reach a recursive reader. */
function checkDepth(json: string, maxDepth: number): void {
  if ((json.match(OPENING)?.length ?? 0) <= maxDepth) return
  let depth = 0
  let inString = false
  for (let index = 0; index < json.length; index += 1) {
    const char = json[index]
    if (inString) {
      if (char === '\\') index += 1
      else if (char === '"') inString = false
    } else if (char === '"') inString = true
    else if (char === '{' || char === '[') {
      depth += 1
      if (depth > maxDepth) throw new MillraceError('invalid_request', `The JSON is nested deeper than ${String(maxDepth)} levels.`)
    } else if (char === '}' || char === ']') depth -= 1
  }
}

function tooLarge(maxBytes: number): MillraceError {
  return new MillraceError('too_large', `The body is larger than ${String(maxBytes)} bytes.`)
}
