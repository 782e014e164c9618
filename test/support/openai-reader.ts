import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type OpenAI from 'openai'
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream'
import { ResponseStream } from 'openai/lib/responses/ResponseStream'
import type { Dialect } from '../../packages/millrace/src/index.ts'
import { openai, openaiResponses } from '../../packages/millrace/src/index.ts'
import { createOutline, foldOutline } from '../../packages/millrace/src/event/outline.ts'
import { SnapshotFold, type Snapshot } from '../../packages/millrace/src/event/snapshot.ts'
import type { Entry } from '../../packages/millrace/src/event/run-event.ts'

type ReadResponse = Awaited<ReturnType<ResponseStream['finalResponse']>>

/** What the vendor's client makes of a log's lines, without a server. @throws what it does not accept */
export function acceptedByChat(lines: readonly string[]): Promise<OpenAI.Chat.ChatCompletion> {
  return ChatCompletionStream.fromReadableStream(said(openai, lines)).finalChatCompletion()
}

export function acceptedByResponses(lines: readonly string[]): Promise<ReadResponse> {
  return ResponseStream.fromReadableStream(said(openaiResponses, lines)).finalResponse()
}

/** What the same lines fold to. */
export function snapshotOf(lines: readonly string[]): Snapshot {
  const fold = new SnapshotFold()
  for (const entry of entriesOf(lines)) fold.add(entry)
  return fold.value()
}

function entriesOf(lines: readonly string[]): Entry[] {
  return lines.map((json, index) => ({ ...(JSON.parse(json) as Entry), offset: index + 1 }))
}

/** The frames of a log, a line each, as that client passes streams on. */
function said(dialect: Dialect, lines: readonly string[]): ReadableStream<Uint8Array> {
  const outline = createOutline(dialect.keeping ?? null)
  const frames = entriesOf(lines).flatMap((entry) => {
    const told = dialect.step?.(outline, entry) ?? []
    foldOutline(outline, entry)
    return told.map(({ data }) => `${String(data)}\n`)
  })
  return new Blob([frames.join('')]).stream()
}

/** What curl prints of the answer to a `POST`. */
export async function curled(url: string, body: object, authorization: string): Promise<string> {
  const headers = ['-H', `Authorization: ${authorization}`, '-H', 'Content-Type: application/json']
  const { stdout } = await promisify(execFile)('curl', ['--silent', '--show-error', '--no-buffer', ...headers, '-d', JSON.stringify(body), url])
  return stdout
}

/** The SSE frames of the same, as they stand on the wire. */
export async function framesOf(url: string, body: object, authorization: string): Promise<string[]> {
  return (await curled(url, body, authorization)).split('\n\n').slice(0, -1)
}
