import type { Batch } from '../../event/batch.ts'
import { corrupt } from './failure.ts'
import type { Ref } from './head.ts'

/*
 * A message of a log: a line that says which entries it adds, a line with all that is to be known of
 * the run after it, then the entries. The first line alone tells a watcher what it needs.
 */

const ROW = /^(\d+) (\d+) ([0-9a-f]+)(?: \+(\d+))?(?: ([\d,]+))?$/
const NO_ROW = '-'
/** Instead of a row: nothing that anyone watches for, the lease was renewed or the log packed. */
const QUIET = '='
const QUIET_BYTE = 0x3d
const LF = 0x0a
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** Entries that were written together. */
export interface Row {
  readonly first: number
  readonly last: number
  readonly epoch: string
  /** Set: they are too large to ride in the message, and lie there. */
  readonly at: Ref | null
  /** So many bytes of `body` are the batch's `parts`; its entries stand behind them. */
  readonly partsSize: number
  readonly body: Uint8Array
}

/** @param body the row's, wherever it lay */
export function batchOfRow({ first, last, epoch, partsSize }: Row, body: Uint8Array): Batch {
  const parts = partsSize === 0 ? null : body.subarray(0, partsSize)
  return { first, last, epoch, bytes: body.subarray(partsSize), parts, head: null }
}

export interface Message {
  readonly row: Row | null
  /** Wakes nobody. */
  readonly isQuiet?: boolean
  /** As `encodeHead` wrote it. */
  readonly head: string
}

export function encodeMessage({ row, isQuiet = false, head }: Message): Uint8Array {
  const said = encoder.encode(`${row === null ? (isQuiet ? QUIET : NO_ROW) : rowLine(row)}\n${head}\n`)
  if (row === null || row.at !== null) return said
  const message = new Uint8Array(said.length + row.body.length)
  message.set(said)
  message.set(row.body, said.length)
  return message
}

/** @throws MillraceError `store_corrupt` */
export function decodeMessage(message: Uint8Array): Message {
  const headAt = message.indexOf(LF) + 1
  const bodyAt = message.indexOf(LF, headAt) + 1
  if (headAt === 0 || bodyAt === 0) throw corrupt('a message of a log cannot be read')
  return { row: rowOf(message, headAt, bodyAt), head: decoder.decode(message.subarray(headAt, bodyAt - 1)) }
}

/** Without a look at the head. @throws MillraceError `store_corrupt` */
export function decodeRow(message: Uint8Array): Row | null {
  const headAt = message.indexOf(LF) + 1
  return rowOf(message, headAt, message.indexOf(LF, headAt) + 1)
}

/** Whether nobody need look because of this message. */
export function isQuiet(message: Uint8Array): boolean {
  return message[0] === QUIET_BYTE
}

function rowOf(message: Uint8Array, headAt: number, bodyAt: number): Row | null {
  const line = decoder.decode(message.subarray(0, headAt - 1))
  if (line === NO_ROW || line === QUIET) return null
  const [matched, first, last, epoch = '', partsSize = '0', at] = ROW.exec(line) ?? []
  if (matched === undefined) throw corrupt('a row of a log cannot be read')
  return {
    first: Number(first), last: Number(last), epoch,
    at: at === undefined ? null : at.split(',').map(Number),
    partsSize: Number(partsSize), body: message.subarray(bodyAt),
  }
}

function rowLine({ first, last, epoch, partsSize, at }: Row): string {
  return `${String(first)} ${String(last)} ${epoch}${partsSize === 0 ? '' : ` +${String(partsSize)}`}${at === null ? '' : ` ${at.join(',')}`}`
}
