import { MillraceError } from '../event/error.ts'
import type { AnyRunDefinition } from '../run/define.ts'
import { RouteSet } from './endpoint.ts'

const NEEDED = ['store', 'runs', 'authenticate'] as const
const TIMES = ['lease', 'cancelGrace', 'heartbeat', 'retention', 'tombstone', 'drain'] as const
const KIND_NUMBERS = ['cancelWhenUnread', 'timeLimit', 'retention', 'attempts', 'concurrency', 'queue'] as const
const COUNTS: ReadonlySet<string> = new Set(['attempts', 'concurrency', 'queue'])
/** Where 0 says something: no grace, no tombstone, gone at its end, never taken over. */
const MAY_BE_NONE: ReadonlySet<string> = new Set(['cancelGrace', 'drain', 'retention', 'tombstone', 'attempts', 'concurrency', 'queue'])
const RECOVERIES: readonly unknown[] = [undefined, 'fail', 'restart', 'resume']

/** What is checked of a server's options, whatever the types say. */
type CheckedOptions = { readonly [Name in 'store' | 'authenticate' | 'compress' | (typeof TIMES)[number]]?: unknown } & {
  readonly base?: string
  readonly runs?: Readonly<Record<string, AnyRunDefinition>>
  readonly routes?: Readonly<Record<string, unknown>>
  readonly allowedOrigins?: readonly string[]
}

/**
 * Says at once what TypeScript would have: what is wrong here fails later otherwise, or quietly never works.
 * @throws MillraceError `invalid_request`
 */
export function checkOptions(options: CheckedOptions): void {
  const missing = NEEDED.find((name) => options[name] === undefined)
  if (missing !== undefined) throw wrong(`createMillrace needs \`${missing}\`.${missing === 'authenticate' ? ' For one shared user, import `anyone`.' : ''}`)
  const { base, runs = {}, routes = {}, compress } = options
  if (base && !base.startsWith('/')) throw wrong('`base` is a path and begins with `/`.')
  if (compress !== undefined && !Array.isArray(compress)) throw wrong('`compress` is a list: `compression` of `millrace/node`, or a part of it.')
  checkTimes(options, TIMES, '')
  checkOrigins(options.allowedOrigins)
  for (const [kind, definition] of Object.entries(runs)) checkKind(kind, definition)
  for (const [path, route] of Object.entries(routes)) {
    if (!/^\/.*[^/]$/.test(path)) throw wrong(`\`routes\` names paths that begin with \`/\` and end without it, such as \`/chat\`. This is none: \`${path}\``)
    if (route instanceof RouteSet) checkRoutes(path, route, runs)
  }
}

/** An `Origin` is compared letter by letter: one that no browser sends lets nobody in. */
export function checkOrigins(origins: readonly string[] = []): void {
  const none = origins.find((origin) => origin !== 'null' && (!URL.canParse(origin) || new URL(origin).origin !== origin))
  if (none !== undefined) throw wrong(`\`allowedOrigins\` names origins such as https://app.example, without a slash at the end or a wildcard. This is none: ${none}`)
}

/** Of a stream without a log; `null` is the word for none. */
export function checkTimeLimit({ timeLimit }: { readonly timeLimit?: unknown }): void {
  if (timeLimit === undefined || timeLimit === null || (Number.isFinite(timeLimit) && Number(timeLimit) > 0)) return
  throw wrong('`timeLimit` of a stream is a time in ms, a finite number above 0; `null` is none.')
}

function checkRoutes(path: string, routes: RouteSet, runs: Readonly<Record<string, AnyRunDefinition>>): void {
  const missing = RouteSet.below(routes).kinds.find((kind) => !Object.hasOwn(runs, kind))
  if (missing !== undefined) throw wrong(`What is mounted at \`${path}\` needs the kind \`${missing}\` in \`runs\`.`)
}

function checkKind(kind: string, definition: AnyRunDefinition): void {
  const { run, recover, onEnd } = definition as { run?: unknown; recover?: unknown; onEnd?: unknown }
  if (typeof run !== 'function' && run !== 'elsewhere') throw wrong(`The kind \`${kind}\` has no \`run\`: make it with \`defineRun({ async *run() { … } })\`.`)
  if (!RECOVERIES.includes(recover)) throw wrong(`\`recover\` of \`${kind}\` is fail, restart or resume.`)
  if (onEnd !== undefined && typeof onEnd !== 'function') throw wrong(`\`onEnd\` of \`${kind}\` is a function.`)
  checkTimes(definition, KIND_NUMBERS, ` of \`${kind}\``)
}

function checkTimes<Name extends string>(from: { readonly [Key in Name]?: unknown }, names: readonly Name[], where: string): void {
  for (const name of names) {
    const value: unknown = from[name]
    if (value === undefined || (typeof value === 'number' && (value > 0 || (value === 0 && MAY_BE_NONE.has(name))))) continue
    throw wrong(`\`${name}\`${where} is ${COUNTS.has(name) ? 'a number' : 'a time in ms, a number'}${MAY_BE_NONE.has(name) ? ', 0 or more' : ' above 0'}.`)
  }
}

function wrong(message: string): MillraceError {
  return new MillraceError('invalid_request', message)
}
