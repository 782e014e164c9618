import type { Batch } from '../../event/batch.ts'
import { corrupt } from './failure.ts'

/*
 * A batch as text: a line that says where it belongs, then what it says. It is stored, read and sent
 * with a wake-up in this one form, and the server takes it as it is. Text rather than bytes, because
 * clients send a command of strings in one piece, and because JSON is text.
 */

const HEADER = /^(\d+) (\d+) ([0-9a-f]+)(?: (\d+|-) (\d+|-))?$/
const encoder = new TextEncoder()
/** Bytes that are not UTF-8 throw: they would not come back as they were. */
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Where some lines are several entries, or it is a segment, two parts more follow, whose lengths the header tells. */
export function encodeRow({ first, last, epoch, parts, head, bytes }: Batch): string {
  const numbers = parts && charactersOf(parts)
  const lengths = numbers === null && head === null ? '' : ` ${lengthOf(numbers)} ${lengthOf(head)}`
  return `${String(first)} ${String(last)} ${epoch}${lengths}\n${numbers ?? ''}${head ?? ''}${decoder.decode(bytes)}`
}

/** @throws MillraceError `store_corrupt` */
export function decodeRow(row: string): Batch {
  const end = row.indexOf('\n')
  const match = HEADER.exec(row.slice(0, end))
  if (!match) throw corrupt('a row of a log cannot be read')
  const [, first, last, epoch = '', partsLength, headLength] = match
  const parts = piece(row, end + 1, partsLength)
  const head = piece(row, end + 1 + (parts?.length ?? 0), headLength)
  const body = row.slice(end + 1 + (parts?.length ?? 0) + (head?.length ?? 0))
  return {
    first: Number(first), last: Number(last), epoch, bytes: encoder.encode(body),
    parts: parts === null ? null : bytesOf(parts),
    head,
  }
}

/* A byte a character. In plain loops: with an iterator this is most of what a late reader costs. */

function charactersOf(bytes: Uint8Array): string {
  let characters = ''
  for (const byte of bytes) characters += String.fromCharCode(byte)
  return characters
}

function bytesOf(characters: string): Uint8Array {
  const bytes = new Uint8Array(characters.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i)
  return bytes
}

function piece(row: string, from: number, length: string | undefined): string | null {
  return length === undefined || length === '-' ? null : row.slice(from, from + Number(length))
}

function lengthOf(text: string | null): string {
  return text === null ? '-' : String(text.length)
}
