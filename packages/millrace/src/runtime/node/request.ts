import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { markHttp10 } from '../../server/http-version.ts'
import { readAlready } from './read-already.ts'

/**
 * A Node request as a Web one. Its body is read only when somebody asks for it.
 * @param signal aborted when the client has left
 */
export function toRequest(message: IncomingMessage, signal: AbortSignal): Request {
  const request = requestOf(message, signal)
  if (message.httpVersion === '1.0') markHttp10(request)
  return request
}

function requestOf(message: IncomingMessage, signal: AbortSignal): Request {
  const { method = 'GET', headers: from } = message
  const headers = new Headers()
  for (const [name, value] of Object.entries(from)) {
    // HTTP/2 says its request line in headers that are none to the Web.
    if (name.startsWith(':')) continue
    if (Array.isArray(value)) for (const one of value) headers.append(name, one)
    else if (value !== undefined) headers.set(name, value)
  }
  const url = urlOf(message)
  if (method === 'GET' || method === 'HEAD') return new Request(url, { method, headers, signal })
  const parsed = message.readableEnded ? readAlready(message) : null
  // It was written anew: its length, and how it was packed, are no longer what the client said.
  if (parsed) for (const name of ['Content-Length', 'Content-Encoding']) headers.delete(name)
  const body = parsed ?? toBody(message)
  return new Request(url, { method, headers, signal, body, duplex: 'half' } as RequestInit)
}

export function urlOf({ socket, headers, url }: IncomingMessage): string {
  const scheme = 'encrypted' in socket ? 'https' : 'http'
  return `${scheme}://${hostOf(headers.host ?? authorityOf(headers))}${pathOf(url)}`
}

/** A `Host` that is no host (or none at all, in HTTP/1.0) must not decide where the path begins. */
function hostOf(host: string | undefined): string {
  return host !== undefined && /^[\w.:[\]-]+$/.test(host) && URL.canParse(`http://${host}`) ? host : 'localhost'
}

function authorityOf({ ':authority': authority }: IncomingHttpHeaders): string | undefined {
  return typeof authority === 'string' ? authority : undefined
}

function pathOf(url: string | undefined): string {
  return url?.startsWith('/') === true ? url : '/'
}

/** What Node's HTTP/2 hands to a listener for HTTP/1 has its stream beside. */
type Message = IncomingMessage & { readonly stream?: { readonly aborted: boolean } }

/** Whether whoever asks has left, in HTTP/2: the message then ends as if its body were whole. */
export function isCut({ stream }: Message): boolean {
  return stream?.aborted === true
}

/**
 * The message's body, read as it is pulled. Node's own conversion destroys the connection when it
 * is cancelled, and with it the answer that says why; here the rest is read and thrown away, for at
 * most the server's request timeout.
 */
function toBody(message: IncomingMessage): ReadableStream<Uint8Array> {
  let cancelled = false
  message.pause()
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        message.on('data', (chunk: Buffer) => {
          if (cancelled) return
          controller.enqueue(chunk)
          message.pause()
        })
        message.once('end', () => {
          if (cancelled) return
          if (isCut(message)) controller.error(new Error('The stream was reset.'))
          else controller.close()
        })
        message.once('error', (error) => {
          if (!cancelled) controller.error(error)
        })
        message.pause()
      },
      pull() {
        message.resume()
      },
      cancel() {
        cancelled = true
        message.resume()
      },
    },
    { highWaterMark: 0 },
  )
}
