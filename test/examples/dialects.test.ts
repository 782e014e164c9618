import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startExample } from '../support/example.ts'

const run = promisify(execFile)

test.each([
  ['ag-ui', '(answering)\nYou asked: Why? '],
  ['chunk', 'You asked: Why? \nThe question (1)\nResponse complete\n'],
  ['anthropic', 'You asked: Why? \n3 tokens\n'],
])('%s: the client of the example reads what its server says', async (name, printed) => {
  await using example = await startExample('dialects', {}, `${name}.mjs`)
  const { stdout, stderr } = await run(process.execPath, [`examples/dialects/${name}-client.mjs`, example.url, 'Why?'])
  expect([stdout, stderr]).toEqual([printed, ''])
})
