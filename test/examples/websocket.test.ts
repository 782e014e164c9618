import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../examples/websocket/main.mjs', import.meta.url))

test('the WebSocket example reads several runs over one socket, cancels one, pauses one for a slow reader, draws how far another is, and streams a plain source', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN])
  expect(stdout).toBe('1 2 3 4 5 | 1 2 3 4 5 6 7 8 9 10\ncancelled\n400000 lines, paused: true, went on: true\ncount                    [####################] completed, 100 %, 10 of 10\nany source')
  expect(stderr).toBe('')
})
