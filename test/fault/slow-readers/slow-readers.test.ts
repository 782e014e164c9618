import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

interface Ready {
  /** The path of a run whose log holds as much as the source gives. */
  readonly log: string
  readonly size: number
}

const READERS = 500
/** What a process may hold for one reader (its buffer, the socket's, and what they are made of), and besides. */
const PER_READER = 96 * 1024
const BESIDES = 24 * 1024 * 1024

let server: ChildProcess
let ready: Ready
let folder: string
let socketPath: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'millrace-slow-'))
  socketPath = join(folder, 'http')
  server = fork(new URL('server.mjs', import.meta.url), [socketPath], { execArgv: ['--expose-gc'] })
  const [said] = (await Promise.race([once(server, 'message'), once(server, 'exit')])) as [Ready]
  ready = said
})
afterAll(async () => {
  server.kill()
  await rm(folder, { recursive: true })
})

async function state(): Promise<{ readonly held: number; readonly pulled: number }> {
  server.send('how much?')
  const [said] = (await once(server, 'message')) as [{ held: number; pulled: number }]
  return said
}

/** Reads a byte a second and leaves the rest to the network. */
class SlowReader implements Disposable {
  read = 0
  readonly #socket: Socket
  readonly #timer: ReturnType<typeof setInterval>

  constructor(path: string) {
    this.#socket = connect({ path: socketPath })
    this.#socket.pause()
    this.#socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n`)
    this.#timer = setInterval(() => {
      const byte = this.#socket.read(1) as Buffer | null
      this.read += byte?.length ?? 0
    }, 1_000)
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    this.#socket.destroy()
  }
}

async function readAll(path: string): Promise<number> {
  const [answer] = (await once(request({ socketPath, path, headers: { Accept: 'text/plain' } }).end(), 'response')) as [IncomingMessage]
  let size = 0
  for await (const chunk of answer) size += (chunk as Buffer).length
  return size
}

/** When every reader has read something and nothing more is pulled for them. */
async function stalled(readers: readonly SlowReader[]): Promise<{ readonly held: number; readonly pulled: number }> {
  for (let before = -1; ; ) {
    const now = await state()
    if (now.pulled === before && readers.every(({ read }) => read > 0)) return now
    before = now.pulled
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

test.each(['a log', 'a source without a log'])('500 readers at a byte a second hold little of the process and no fast reader up: %s', async (what) => {
  const path = what === 'a log' ? ready.log : '/source'
  const before = await state()
  const readers = Array.from({ length: READERS }, () => new SlowReader(path))
  try {
    const slow = await stalled(readers)
    expect(slow.held - before.held).toBeLessThan(BESIDES + READERS * PER_READER)
    // What lies in the kernel's buffers was pulled too.
    if (what !== 'a log') expect(slow.pulled - before.pulled).toBeLessThan((READERS * ready.size) / 10)
    expect(await readAll(path)).toBe(ready.size)
    const after = await state()
    expect(after.held - before.held).toBeLessThan(BESIDES + READERS * PER_READER)
  } finally {
    for (const reader of readers) reader[Symbol.dispose]()
  }
}, 120_000)
