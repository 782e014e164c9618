import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../examples/dialects/openai.mjs', import.meta.url))

test('one kind of run answers chat completions and Responses, and is resumed and stopped by the vendor’s client', async () => {
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN])
  expect(stdout.trimEnd().split('\n')).toEqual(['Fleece becomes yarn, and yarn cloth.', 'Fleece becomes yarn, and yarn cloth.', 'true true'])
  expect(stderr).toBe('')
})
