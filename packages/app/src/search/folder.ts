import { constants } from 'node:fs'
import { lstat, open, readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

export interface TextFile {
  /** The path inside the folder, with `/`. */
  readonly name: string
  readonly text: string
}

export interface Skipped {
  readonly name: string
  readonly why: string
}

export interface Folder {
  readonly files: readonly TextFile[]
  readonly skipped: readonly Skipped[]
}

const MAX_FILE = 1024 * 1024
const MAX_TOTAL = 64 * MAX_FILE
const MAX_DEPTH = 16
const TEXT_NAME = /\.(?:md|markdown|txt)$/i
const UNREAD_FOLDERS = new Set(['node_modules'])

/**
 * Reads the text files of a folder and of nothing else. Every path is resolved before it is opened
 * and must still lie inside: a link that leads out is reported, not followed.
 *
 * @param only names inside the folder to begin from; those that do not exist are no error.
 */
export async function readFolder(folder: string, only: readonly string[] = ['.']): Promise<Folder> {
  const walk = new Walk(await realpath(folder))
  for (const name of only) await walk.enter(join(walk.root, name), 0)
  const byName = <T extends { readonly name: string }>(a: T, b: T): number => (a.name < b.name ? -1 : 1)
  return { files: walk.files.sort(byName), skipped: walk.skipped.sort(byName) }
}

class Walk {
  readonly root: string
  readonly files: TextFile[] = []
  readonly skipped: Skipped[] = []
  readonly #seen = new Set<string>()
  #bytes = 0

  constructor(root: string) {
    this.root = root
  }

  async enter(path: string, depth: number): Promise<void> {
    try {
      const real = await this.#inside(path)
      if (real === null || this.#seen.has(real)) return
      this.#seen.add(real)
      const found = await stat(real)
      if (found.isDirectory()) await this.#folder(real, depth)
      else if (TEXT_NAME.test(real)) await this.#file(real, found.isFile())
    } catch (error) {
      if (!isMissing(error)) this.#skip(path, 'cannot be read')
    }
  }

  async #folder(real: string, depth: number): Promise<void> {
    if (depth >= MAX_DEPTH) {
      this.#skip(real, 'too deep')
      return
    }
    const entries = await readdir(real)
    for (const entry of entries.sort()) {
      if (!entry.startsWith('.') && !UNREAD_FOLDERS.has(entry)) await this.enter(join(real, entry), depth + 1)
    }
  }

  async #file(real: string, regular: boolean): Promise<void> {
    if (!regular) {
      this.#skip(real, 'not a file')
      return
    }
    const bytes = await readBytes(real)
    if (bytes === null) this.#skip(real, 'larger than 1 MiB')
    else if (this.#bytes + bytes.length > MAX_TOTAL) this.#skip(real, 'beyond 64 MiB in all')
    else {
      const text = decode(bytes)
      if (text === null) this.#skip(real, 'not text')
      else this.files.push({ name: this.#name(real), text })
      this.#bytes += bytes.length
    }
  }

  /** The resolved path, or `null` (and a word to the user) where it lies outside. */
  async #inside(path: string): Promise<string | null> {
    const link = (await lstat(path)).isSymbolicLink()
    const real = await realpath(path)
    if (real === this.root || real.startsWith(this.root.endsWith(sep) ? this.root : this.root + sep)) return real
    this.#skip(path, link ? 'a link out of the folder' : 'outside the folder')
    return null
  }

  #skip(path: string, why: string): void {
    this.skipped.push({ name: this.#name(path), why })
  }

  #name(path: string): string {
    return relative(this.root, path).split(sep).join('/')
  }
}

/**
 * `null`: too large. Opened without following a link and without waiting on a pipe, since what was
 * a plain file a moment ago may have been swapped since.
 */
async function readBytes(real: string): Promise<Uint8Array | null> {
  const file = await open(real, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  try {
    const buffer = new Uint8Array(MAX_FILE + 1)
    let length = 0
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = (await file.read(buffer, length, buffer.length - length, length)).bytesRead
    }
    return length > MAX_FILE ? null : buffer.slice(0, length)
  } finally {
    await file.close()
  }
}

function decode(bytes: Uint8Array): string | null {
  if (bytes.includes(0)) return null
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r\n?/g, '\n')
  } catch {
    return null
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
