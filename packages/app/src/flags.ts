import { parseArgs } from 'node:util'
import type { ModelFlag } from './models/choices.ts'

/** What the command line may say, checked. */
export interface Flags {
  readonly port: number
  readonly host: string
  readonly allowHosts: readonly string[]
  readonly behindProxy: boolean
  readonly store: StoreFlag
  /** `null`: Millrace's own documents. */
  readonly docs: string | null
  readonly model: ModelFlag
  /** Words a second; `null`: as the model does it. */
  readonly pace: number | null
  readonly help: boolean
}

export type StoreFlag =
  | { readonly kind: 'memory' }
  | { readonly kind: 'sqlite'; readonly path: string }
  | { readonly kind: 'redis'; readonly url: string }
  | { readonly kind: 'nats'; readonly url: string }

/** A command line that cannot be followed; its message is one line for the person who typed it. */
export class FlagError extends Error {
  override readonly name = 'FlagError'
}

export const HELP = `Ask your documents, get a streamed answer that survives everything.

  npm start -- [flags]

  --docs DIR          answer from the Markdown and text files of this folder (default: Millrace's own documents)
  --port N            listen on this port (default 8787; taken: the next free one; 0: any)
  --host ADDRESS      listen on this address (default 127.0.0.1); another one needs --allow-host
  --allow-host NAME   also answer to this host name; may be repeated
  --behind-proxy      accept requests that a proxy forwarded (X-Forwarded-*, Forwarded, Via and the like)
  --store STORE       where the log is kept: sqlite:PATH, redis://HOST:6379, nats://HOST:4222 or memory:
                      (default sqlite:.millrace/log.db)
  --model MODEL       who answers: extract (no model, the documents' own sentences; the default), tiny (a toy model that
                      comes with this project), gguf:FILE, onnx:DIR, openai:NAME or anthropic:NAME
  --pace N            words a second at most (0: as fast as possible; default 60 for extract and tiny, which would be done
                      before you see a stream)
  --help              show this
`

const OPTIONS = {
  port: { type: 'string', default: '8787' },
  host: { type: 'string', default: '127.0.0.1' },
  'allow-host': { type: 'string', multiple: true, default: [] as string[] },
  'behind-proxy': { type: 'boolean', default: false },
  store: { type: 'string', default: 'sqlite:.millrace/log.db' },
  docs: { type: 'string' },
  model: { type: 'string', default: 'extract' },
  pace: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i

/** Words a second of what is faster than anybody reads. */
const PACE = 60

export function parseFlags(args: readonly string[]): Flags {
  const values = parse(args)
  const model = parseModel(values.model)
  const allowHosts = values['allow-host'].map(hostName)
  if (!isLoopback(values.host) && allowHosts.length === 0) {
    throw new FlagError(
      `--host ${values.host} lets other machines in: name the host they will use with --allow-host NAME.`,
    )
  }
  return {
    port: wholeNumber('port', values.port, 65_535),
    host: values.host.replace(/^\[(.*)\]$/, '$1'),
    allowHosts,
    behindProxy: values['behind-proxy'],
    store: parseStore(values.store),
    docs: values.docs ?? null,
    model,
    pace: values.pace === undefined ? paceOf(model) : wholeNumber('pace', values.pace, 100_000),
    help: values.help,
  }
}

export function isLoopback(host: string): boolean {
  return LOOPBACK.test(host)
}

function parse(args: readonly string[]): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, strict: true, allowPositionals: false }).values
  } catch (error) {
    const said = error instanceof Error ? error.message.split(/[.\n]/)[0] : 'The flags cannot be read'
    throw new FlagError(`${said ?? ''}. Run with --help to see the flags.`)
  }
}

function wholeNumber(flag: string, text: string, most: number): number {
  const value = Number(text)
  if (!/^\d{1,6}$/.test(text) || value > most) {
    throw new FlagError(`--${flag} takes a whole number from 0 to ${String(most)}, not ${JSON.stringify(text)}.`)
  }
  return value
}

function hostName(text: string): string {
  const name = text.toLowerCase()
  if (!/^(?:[a-z0-9_.-]{1,253}|\[[0-9a-f:.]{2,45}\])$/.test(name)) {
    throw new FlagError(`--allow-host takes a host name without a port, not ${JSON.stringify(text)}.`)
  }
  return name
}

function parseModel(text: string): ModelFlag {
  if (text === 'extract' || text === 'tiny') return { kind: text }
  const [, kind, rest = ''] = /^(gguf|onnx|openai|anthropic):(.+)$/.exec(text) ?? []
  if (kind === 'gguf' || kind === 'onnx') return { kind, path: rest }
  if (kind === 'openai' || kind === 'anthropic') return { kind, name: rest }
  throw new FlagError(`--model takes extract, tiny, gguf:FILE, onnx:DIR, openai:NAME or anthropic:NAME, not ${JSON.stringify(text)}.`)
}

function paceOf({ kind }: ModelFlag): number | null {
  return kind === 'extract' || kind === 'tiny' ? PACE : null
}

function parseStore(text: string): StoreFlag {
  if (text === 'memory:') return { kind: 'memory' }
  if (/^rediss?:\/\/./.test(text) && URL.canParse(text)) return { kind: 'redis', url: text }
  if (/^nats:\/\/./.test(text) && URL.canParse(text)) return { kind: 'nats', url: text }
  const path = text.startsWith('sqlite:') ? text.slice('sqlite:'.length) : ''
  if (path === '') throw new FlagError(`--store takes sqlite:PATH, redis://HOST:6379, nats://HOST:4222 or memory:, not ${JSON.stringify(text)}.`)
  return { kind: 'sqlite', path }
}
