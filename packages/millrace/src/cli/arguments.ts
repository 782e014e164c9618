import { parseArgs } from 'node:util'
import type { Access } from '../client/request.ts'
import { parseCursor } from '../event/cursor.ts'
import { MillraceError } from '../event/error.ts'
import { MAX_SILENCE } from '../protocol/doctor.ts'
import type { Json } from '../event/run-event.ts'
import { isRunId, RUNS } from '../protocol/routes.ts'
import { reaching } from './reach.ts'

/** Headers as they were typed. */
export interface HeaderAccess extends Access {
  readonly headers: Readonly<Record<string, string>>
}

/** What every command that asks a server needs. */
interface Asking {
  /** The address that the paths of the protocol follow. */
  readonly base: string
  readonly access: Access
}

export interface TailCommand extends Asking {
  readonly name: 'tail'
  readonly id: string
  /** The cursor to go on after; `null`: from the start. */
  readonly from: string | null
  readonly json: boolean
}

export interface RunsCommand extends Asking {
  readonly name: 'runs'
  readonly json: boolean
}

export interface CancelCommand extends Asking {
  readonly name: 'cancel'
  readonly id: string
}

export interface DoctorCommand extends Asking {
  readonly name: 'doctor'
  readonly access: HeaderAccess
  /** A run to look at, where there is no pattern. */
  readonly id: string | null
  /** Seconds of silence to try; 0: none. */
  readonly idle: number
  readonly json: boolean
}

export interface SignalCommand extends Asking {
  readonly name: 'signal'
  readonly id: string
  readonly type: string
  readonly data: Json
  /** The id of the question it answers; `null`: of the one that is open. */
  readonly question: string | null
}

export type Command = TailCommand | RunsCommand | CancelCommand | SignalCommand | DoctorCommand | { readonly name: 'help' | 'version' }

const ALWAYS = { header: { type: 'string', multiple: true }, help: { type: 'boolean' } } as const
const JSON_FLAG = { json: { type: 'boolean', default: false } } as const

/** @throws MillraceError `invalid_request`, `invalid_cursor`, with a line for whoever typed it */
export function parse(args: readonly string[]): Command {
  const [name = '--help', ...rest] = args
  if (rest.includes('--help')) return { name: 'help' }
  switch (name) {
    case '--help':
      return { name: 'help' }
    case '--version':
      return { name: 'version' }
    case 'tail':
      return parseTail(rest)
    case 'runs':
      return parseRuns(rest)
    case 'cancel':
      return parseCancel(rest)
    case 'doctor':
      return parseDoctor(rest)
    case 'signal':
      return parseSignal(rest)
    default:
      throw misuse(`There is no command “${name}”. Try \`millrace --help\`.`)
  }
}

function parseTail(rest: readonly string[]): TailCommand {
  const { values, positionals } = read(rest, { ...ALWAYS, ...JSON_FLAG, from: { type: 'string', default: 'start' } })
  const from = values.from === 'start' ? null : values.from
  if (from !== null) parseCursor(from)
  return { name: 'tail', ...runOf(positionals), access: accessOf(values.header), from, json: values.json }
}

function parseRuns(rest: readonly string[]): RunsCommand {
  const { values, positionals } = read(rest, { ...ALWAYS, ...JSON_FLAG })
  const [base, ...more] = positionals
  if (base === undefined || more.length > 0) throw misuse('`millrace runs` takes one address, that of a server.')
  return { name: 'runs', base: baseOf(base), access: accessOf(values.header), json: values.json }
}

function parseCancel(rest: readonly string[]): CancelCommand {
  const { values, positionals } = read(rest, ALWAYS)
  return { name: 'cancel', ...runOf(positionals), access: accessOf(values.header) }
}

function parseDoctor(rest: readonly string[]): DoctorCommand {
  const { values, positionals } = read(rest, { ...ALWAYS, ...JSON_FLAG, idle: { type: 'string', default: '0' } })
  const [address, ...more] = positionals
  if (address === undefined || more.length > 0) throw misuse('`millrace doctor` takes one address, that of a server or of a run.')
  const idle = /^\d{1,3}$/.test(values.idle) ? Number(values.idle) : Infinity
  if (idle > MAX_SILENCE) throw misuse(`--idle takes whole seconds, at most ${String(MAX_SILENCE)}.`)
  const base = baseOf(address)
  const place = isRunId(base.slice(base.lastIndexOf('/') + 1)) ? runOf([base]) : { base, id: null }
  return { name: 'doctor', ...place, access: accessOf(values.header), idle, json: values.json }
}

function parseSignal(rest: readonly string[]): SignalCommand {
  const { values, positionals } = read(rest, { ...ALWAYS, id: { type: 'string' } })
  const words = positionals[0]?.includes(`${RUNS}/`) === true ? 1 : 2
  const [type, data = 'null', ...more] = positionals.slice(words)
  if (type === undefined || more.length > 0) throw misuse('`millrace signal` takes a run, the type of a signal, and what it brings, as JSON.')
  const run = runOf(positionals.slice(0, words))
  return { name: 'signal', ...run, access: accessOf(values.header), type, data: jsonOf(data), question: values.id ?? null }
}

function jsonOf(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    throw misuse(`“${text}” is not JSON. A word is written '"word"'.`)
  }
}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>['options']>
type Read<O extends Options> = ReturnType<typeof parseArgs<{ args: string[]; options: O; allowPositionals: true }>>

function read<const O extends Options>(args: readonly string[], options: O): Read<O> {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (cause) {
    throw new MillraceError('invalid_request', firstSentence(cause), { cause })
  }
}

/** Node goes on to explain how to pass such a word all the same: more than fits one plain line. */
function firstSentence(cause: unknown): string {
  const [sentence = ''] = cause instanceof Error ? cause.message.split('. ') : []
  return `${sentence}. Try \`millrace --help\`.`
}

/** A run by its address, or by its server's address and its id. */
function runOf(words: readonly string[]): { readonly base: string; readonly id: string } {
  const [first, second, ...more] = words
  if (first === undefined || more.length > 0) throw misuse('Name a run by its address (http://host/runs/ID), or by BASE ID.')
  if (second !== undefined) return checked(baseOf(first), second)
  const url = baseOf(first)
  const cut = url.lastIndexOf(`${RUNS}/`)
  if (cut === -1) throw misuse(`“${first}” is not the address of a run: that ends in ${RUNS}/ID.`)
  return checked(url.slice(0, cut), url.slice(cut + RUNS.length + 1))
}

function checked(base: string, id: string): { readonly base: string; readonly id: string } {
  if (!isRunId(id)) throw misuse(`“${id}” is not the id of a run.`)
  return { base, id }
}

/** An address without a query, a fragment or a slash at its end. */
function baseOf(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol)) throw misuse(`“${text}” is not an address; one begins with http:// or https://.`)
  // `fetch` refuses such an address, and a secret in it would be in everybody's list of processes twice.
  if (url.username !== '' || url.password !== '') throw misuse('An address cannot carry a password. Send one with --header.')
  return url.origin + url.pathname.replace(/\/+$/, '')
}

function accessOf(lines: readonly string[] = []): HeaderAccess {
  const headers: Record<string, string> = {}
  for (const line of lines) {
    const [, name = '', value = ''] = /^([!#$%&'*+.^`|~\w-]+):[ \t]*([\x20-\x7e]*)$/.exec(line) ?? []
    if (name === '') throw misuse(`“${line}” is not a header; one is written 'Name: value'.`)
    headers[name] = value
  }
  return { headers, host: reaching() }
}

function misuse(message: string): MillraceError {
  return new MillraceError('invalid_request', message)
}
