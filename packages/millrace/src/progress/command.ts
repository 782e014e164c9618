import { MillraceError, PublicError } from '../event/error.ts'
import type { ProgressEvent, ProgressStatus } from '../event/run-event.ts'
import type { ProgressFold } from './fold.ts'
import { isSettled, LEVELS, runOfItem, type Item } from './item.ts'

/** What is to become of an item. It travels as a signal to the run in whose log the item lives. */
export type ProgressCommand =
  | { readonly op: 'add'; readonly item: string; readonly parent: string; readonly name: string; readonly weight?: number; readonly total?: number }
  | { readonly op: 'start' | 'pause' | 'resume'; readonly item: string }
  | { readonly op: 'complete' | 'fail' | 'skip' | 'cancel'; readonly item: string; readonly message?: string }
  | { readonly op: 'update'; readonly item: string; readonly done?: number; readonly total?: number; readonly message?: string }
  | { readonly op: 'increment'; readonly item: string; readonly by: number }

const OPEN: readonly ProgressStatus[] = ['pending', 'running', 'paused']

/** From which statuses each may come. */
const FROM: Readonly<Record<ProgressCommand['op'], readonly ProgressStatus[]>> = {
  add: [], start: ['pending'], pause: ['running'], resume: ['paused'], complete: ['running'], fail: ['running', 'paused'],
  skip: OPEN, cancel: OPEN, update: ['running'], increment: ['running'],
}
const TO: Readonly<Partial<Record<ProgressCommand['op'], ProgressStatus>>> = {
  start: 'running', pause: 'paused', resume: 'running', complete: 'completed', fail: 'failed', skip: 'skipped', cancel: 'cancelled',
}

/**
 * The events that a command comes to, whole ones, each item's newest saying all of it.
 * @param run in whose log they will stand
 * @throws MillraceError `not_found`, `invalid_transition`
 */
export function eventsOf(fold: ProgressFold, run: string, command: ProgressCommand, at: number): ProgressEvent[] {
  if (runOfItem(command.item) !== run) throw impossible('This item lives in a run of its own: what that run says moves it, and cancelling that run cancels it.')
  if (command.op === 'add') return added(fold, command, at)
  const item = known(fold, command.item)
  const status = fold.status(item)
  if (command.op === 'cancel' && item.id === run) throw impossible('It is a run: cancel that.')
  if (!FROM[command.op].includes(status)) throw impossible(`An item that is ${status} cannot ${command.op}.`)
  if (command.op === 'resume' && item.status !== 'paused') throw impossible('What it is a part of is paused: resume that.')
  if (command.op === 'complete') checkParts(fold, item)
  const above = command.op === 'start' ? started(fold, item, at) : []
  return [...above, wordOf({ ...item, ...changes(item, command), status: TO[command.op] ?? item.status }, at)]
}

/** Of an item that is there already its log says once more what it is: the same name means the same item. */
function added(fold: ProgressFold, { item, parent, name, weight = 1, total }: ProgressCommand & { op: 'add' }, at: number): ProgressEvent[] {
  const there = fold.item(item)
  if (there?.parent === parent) return [wordOf(there, at)]
  if (there) throw impossible('This item is a part of another one already.')
  const above = known(fold, parent)
  const status = fold.status(above)
  if (isSettled(status)) throw impossible(`What is ${status} gets no more parts.`)
  if (fold.parents(above).length >= LEVELS.length - 1) throw impossible('An operation has no parts: workflow, step, subtask, operation.')
  return [wordOf({ ...above, id: item, parent, name, status: 'pending', done: null, total: total ?? null, weight, message: null }, at)]
}

/** What begins begins what it is a part of. */
function started(fold: ProgressFold, item: Item, at: number): ProgressEvent[] {
  const above = fold.parents(item)
  if (above.some(({ status }) => status === 'paused')) throw impossible('What it is a part of is paused: resume that first.')
  return above.filter(({ run, status }) => run === item.run && status === 'pending').map((parent) => wordOf({ ...parent, status: 'running' }, at)).reverse()
}

function checkParts(fold: ProgressFold, item: Item): void {
  const open = fold.children(item.id).find((child) => !isSettled(fold.status(child)))
  if (open) throw impossible(`It has a part that is ${fold.status(open)}: complete, skip or cancel that first.`)
}

function changes(item: Item, command: ProgressCommand): Partial<Item> {
  if (command.op === 'increment') return { done: sum(item.done ?? 0, command.by) }
  if (command.op === 'update') {
    const { done = item.done, total = item.total, message = item.message } = command
    return { done, total, message }
  }
  if (command.op === 'complete') return { done: item.total ?? item.done, message: command.message ?? item.message }
  return 'message' in command ? { message: command.message } : {}
}

/** Beyond what a number holds it would have no JSON, and end the whole workflow. */
function sum(done: number, by: number): number {
  if (Number.isFinite(done + by)) return done + by
  throw impossible('That is more than can be counted.')
}

function wordOf({ id, run, parent, name, status, done, total, weight, message }: Item, at: number): ProgressEvent {
  const item = localName(id, run)
  return {
    type: 'progress', item, name, status, weight, at,
    ...(parent === null ? {} : { parent: localName(parent, run) }),
    ...(done === null ? {} : { done }),
    ...(total === null ? {} : { total }),
    ...(message === null ? {} : { message }),
  }
}

/** As its own log says it. */
function localName(id: string, run: string): string {
  return id.startsWith(`${run}/`) ? id.slice(run.length + 1) : id
}

function known(fold: ProgressFold, id: string): Item {
  const item = fold.item(id)
  if (item) return item
  throw new MillraceError('not_found', 'There is no such item.')
}

function impossible(message: string): MillraceError {
  return new MillraceError('invalid_transition', message)
}

const TEXT = 4_000
const FIELDS: Readonly<Record<string, (value: unknown) => boolean>> = {
  item: isText, parent: isText, name: isText, message: isText, done: isCount, total: isCount, weight: isCount, by: Number.isFinite,
}
const NEEDED: Readonly<Partial<Record<string, readonly string[]>>> = { add: ['parent', 'name'], increment: ['by'] }

/** @throws PublicError naming what is wrong */
export function toCommand(value: unknown): ProgressCommand {
  const said = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>
  const { op } = said
  if (typeof op !== 'string' || !Object.hasOwn(FROM, op)) throw wrong(`\`op\` is one of: ${Object.keys(FROM).join(', ')}`)
  const fields = ['item', ...(NEEDED[op] ?? [])]
  const missing = fields.find((field) => said[field] === undefined)
  if (missing !== undefined) throw wrong(`\`${missing}\` is missing`)
  const bad = Object.keys(FIELDS).find((field) => said[field] !== undefined && FIELDS[field]?.(said[field]) !== true)
  if (bad !== undefined) throw wrong(`\`${bad}\` is not what it should be`)
  return said as ProgressCommand
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '' && value.length <= TEXT
}

function isCount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && Number.isFinite(value)
}

function wrong(what: string): PublicError {
  return new PublicError('invalid_command', `This is no command for an item of progress: ${what}.`)
}
