import { spawn } from 'node:child_process'
import { once } from 'node:events'
import Anthropic, { APIError as AnthropicError } from '@anthropic-ai/sdk'
import { HttpAgent } from '@ag-ui/client'
import { Chat } from '@ai-sdk/react'
import { DefaultChatTransport, type UIMessage } from 'ai'
import OpenAI, { APIError as OpenAIError } from 'openai'
import { createClient } from '../../packages/millrace/src/client/index.ts'
import { agUi, aiSdk, anthropic, lastUserText, openai, type DialectRoute, type Json } from '../../packages/millrace/src/index.ts'
import { clientOf } from './client-version.ts'
import { framesIn } from './frames.ts'

/** Somebody who reads one run with a client of theirs, begun or joined by its key. */
export interface Reader {
  /** What the client has of the answer so far. */
  readonly text: () => string
  /** How it ended, in that client's own words. */
  readonly ended: Promise<string>
}

export interface ReaderKind {
  readonly client: string
  readonly read: (url: string, question: string, key: string) => Reader
  /** Its words for the end of an answer that filled the model's context, and of one that somebody cancelled. */
  readonly ends: { readonly completed: string; readonly cancelled: string }
}

/** Where each of them asks: all of these say the same of the same question, so that one key is one run. */
export function routesTo(kind: string): Readonly<Record<string, DialectRoute>> {
  const newest = (body: Json): Json => {
    const { messages } = body as { readonly messages: readonly { readonly content: string }[] }
    return { question: messages.at(-1)?.content ?? '' }
  }
  return {
    '/v1/messages': { kind, dialect: anthropic, input: newest },
    '/v1/chat/completions': { kind, dialect: openai, input: newest },
    '/api/chat': { kind, dialect: aiSdk, input: (body) => ({ question: lastUserText(body) }) },
    '/agent': { kind, dialect: agUi, input: newest },
  }
}

/** Collects what a client gives out piece by piece. */
function collecting(read: (add: (piece: string) => void) => Promise<string>): Reader {
  let text = ''
  const ended = read((piece) => (text += piece))
  return { text: () => text, ended }
}

const named = (key: string): Record<string, string> => ({ 'Idempotency-Key': key })

const curl: ReaderKind = {
  client: 'curl',
  ends: { completed: 'exit 0: completed', cancelled: 'exit 0: cancelled' },
  read(url, question, key) {
    const child = spawn('curl', [
      '--silent', '--show-error', '--no-buffer', '--fail', '-H', `Idempotency-Key: ${key}`, '-H', 'Content-Type: application/json',
      '-d', JSON.stringify({ question }), `${url}/runs/answer`,
    ], { stdio: ['ignore', 'pipe', 'inherit'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    const entries = (): readonly Readonly<Record<string, unknown>>[] => framesIn(Buffer.concat(chunks), 'sse').map(({ data }) => data)
    return {
      text: () => entries().map(({ type, text }) => (type === 'delta' ? String(text) : '')).join(''),
      ended: once(child, 'close').then(([code]) => `exit ${String(code)}: ${String(entries().find(({ type }) => type === 'end')?.['status'])}`),
    }
  },
}

const claude: ReaderKind = {
  client: clientOf('@anthropic-ai/sdk'),
  ends: { completed: 'max_tokens', cancelled: 'The run was cancelled.' },
  read: (url, question, key) => collecting(async (add) => {
    const client = new Anthropic({ apiKey: 'any', baseURL: url })
    const stream = client.messages.stream({ model: 'any', max_tokens: 1_000, messages: [{ role: 'user', content: question }] }, { headers: named(key) })
    stream.on('text', add)
    try {
      return String((await stream.finalMessage()).stop_reason)
    } catch (error) {
      if (!(error instanceof AnthropicError)) throw error
      return (error.error as { readonly error: { readonly message: string } }).error.message
    }
  }),
}

const gpt: ReaderKind = {
  client: clientOf('openai'),
  ends: { completed: 'length', cancelled: 'cancelled' },
  read: (url, question, key) => collecting(async (add) => {
    const client = new OpenAI({ apiKey: 'any', baseURL: `${url}/v1` })
    const stream = client.chat.completions.stream({ model: 'any', messages: [{ role: 'user', content: question }] }, { headers: named(key) })
    stream.on('content', add)
    try {
      return String((await stream.finalChatCompletion()).choices[0]?.finish_reason)
    } catch (error) {
      if (!(error instanceof OpenAIError)) throw error
      return String(error.code)
    }
  }),
}

const useChat: ReaderKind = {
  client: clientOf('@ai-sdk/react'),
  ends: { completed: 'ready: length', cancelled: 'ready: interrupted' },
  read(url, question, key) {
    // Without the chat's id, whose runs are a group of their own.
    const transport = new DefaultChatTransport<UIMessage>({
      api: `${url}/api/chat`, headers: named(key), prepareSendMessagesRequest: ({ messages }) => ({ body: { messages } }),
    })
    let how = 'nothing'
    const chat = new Chat<UIMessage>({ transport, onFinish: ({ finishReason }) => (how = finishReason ?? 'no reason') })
    return {
      text: () => (chat.lastMessage?.role === 'assistant' ? chat.lastMessage.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') : ''),
      ended: chat.sendMessage({ text: question }).then(() => `${chat.status}: ${how}`),
    }
  },
}

const agent: ReaderKind = {
  client: clientOf('@ag-ui/client'),
  ends: { completed: 'success', cancelled: 'cancelled' },
  read: (url, question, key) => collecting(async (add) => {
    let outcome = 'nothing'
    const http = new HttpAgent({ url: `${url}/agent`, headers: named(key), initialMessages: [{ id: 'q', role: 'user', content: question }] })
    await http.runAgent({}, {
      onTextMessageContentEvent: ({ event }) => add(event.delta),
      onRunFinishedEvent: ({ outcome: said }) => void (outcome = said),
    })
    return outcome
  }),
}

const ours: ReaderKind = {
  client: 'millrace/client',
  ends: { completed: 'completed', cancelled: 'cancelled' },
  read: (url, question, key) => collecting(async (add) => {
    const run = await createClient(url).start('answer', { question }, { key })
    for await (const piece of run.text()) add(piece)
    return (await run.result).status
  }),
}

export const READERS: readonly ReaderKind[] = [curl, claude, gpt, useChat, agent, ours]
