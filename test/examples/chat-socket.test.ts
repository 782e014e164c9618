import { execFile } from 'node:child_process'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../examples/chat-socket/main.mjs', import.meta.url))

test('the chat example opens a session, asks twice over one WebSocket, and keeps its session while the keys change', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'millrace-chat-'))
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN], { cwd })
    expect(stdout).toBe('You asked: What are the tax implications?  (What was asked: 1)\nYou asked: And in Mexico?  (What was asked: 1)\n2 turns; 401\n')
    expect(stderr).toBe('')
    expect((await stat(join(cwd, '.millrace', 'session-keys.json'))).mode & 0o777).toBe(0o600)
  } finally {
    await rm(cwd, { recursive: true })
  }
})
