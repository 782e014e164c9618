import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../examples/guide/main.mjs', import.meta.url))
const PROGRESS = fileURLToPath(new URL('../../examples/guide/progress.mjs', import.meta.url))
const APPROVAL = fileURLToPath(new URL('../../examples/guide/approval.mjs', import.meta.url))

test('the guide’s program signs in, starts once, survives the replacement of its server, and fails in public words', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN])
  expect(stdout.trimEnd().split('\n')).toEqual([
    'health: ok',
    'the same key is the same run: true',
    'to others it is not there: not_found',
    'WRITE A RUN ONCE AND READ IT ANYWHERE completed { shouted: 8 }',
    `failed { code: 'empty_word', message: 'One of the words is empty.' }`,
    `[ '2 words: failed', '8 words: completed' ]`,
  ])
  expect(stderr).toBe('')
})

test('the program that asks back waits over a restart, and takes one answer', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [APPROVAL])
  expect(stdout.trimEnd().split('\n')).toEqual([
    'Shall I send the letter?',
    'after a restart it is waiting',
    'no approval: invalid_input',
    `completed Not sent: too long { approved: false, words: 'too long' }`,
  ])
  expect(stderr).toBe('')
})

test('the program with progress moves one tree by a run and by a stream without a log', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [PROGRESS])
  expect(stdout.trimEnd().split('\n')).toEqual([
    'Fleece becomes yarn, yarn becomes cloth.',
    '{',
    `  delta: 'cloth.',`,
    `  text: 'Fleece becomes yarn, yarn becomes cloth.',`,
    '  progress: 100',
    '}',
    'book                     [####################] completed, 100 %',
    '  chapter                [####################] completed, 100 %',
    '    again                [####################] completed, 100 %, 6 of 6',
    '    answer               [####################] completed, 100 %, 6 of 6',
  ])
  expect(stderr).toBe('')
})
