import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { createClient } from '../../packages/millrace/src/client/index.ts'
import { engine } from '../support/engines.ts'
import { startExample } from '../support/example.ts'
import { LOCALS, tempFolder } from '../support/local-models.ts'

const packages = pathToFileURL(join(import.meta.dirname, '..', 'support', 'model-packages.mjs')).href

test.for(LOCALS)('examples/models: a $name model answers, and stops when it is told to', { timeout: 60_000 }, async ({ name, engine: needed, path }, context) => {
  engine(needed, context)
  await using example = await startExample('models', { MODEL: path, STORE: join(await tempFolder(context), 'log.db'), NODE_OPTIONS: `--import ${packages}` }, `${name.toLowerCase()}.mjs`)
  const client = createClient(example.url)
  const run = await client.start('answer', { message: 'And God said' })
  let text = ''
  for await (const piece of run.text()) text += piece
  expect(await run.result).toMatchObject({ status: 'completed', reason: 'length', usage: { input: 3, output: 253 } })
  expect(text).toMatch(/^( [A-Za-z]|[,.:;])/)

  const other = await client.start('answer', { message: 'And the LORD' })
  for await (const _piece of other.text()) await other.cancel()
  expect((await other.result).status).toBe('cancelled')
})

test.for(LOCALS)('without its package, the $name example names it and the command that installs it', async ({ name, engine: needed, path }) => {
  const options = { cwd: 'examples/models', env: { ...process.env, MODEL: path } }
  const ended = promisify(execFile)(process.execPath, [`${name.toLowerCase()}.mjs`], options)
  await expect(ended).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(`npm install --ignore-scripts ${needed}`) as unknown })
})
