import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../examples/chat/main.mjs', import.meta.url))

test('the chat’s example answers in chunks and whole, asks otherwise, tells what was said and keeps every end', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN])
  expect(stderr).toBe('')
  expect(stdout.split('\n')).toEqual([
    'a run is one unit of work, with one log.', '[Runs, 0.9]',
    'Besides, a log is what everything else is a projection of.',
    '500 Nobody knows.',
    'What is a run?',
    '  What is a run? → a run is one unit of work, with one log.',
    '  And what is a log? → Besides, a log is what everything else is a projection of.',
    '  And what is a run, again? → Besides, a run is one unit of work, with one log.',
    '4 ends were kept elsewhere',
    '',
  ])
})
