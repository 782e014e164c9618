import { execFile } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { startExample } from '../support/example.ts'
import { tempFolder } from '../support/local-models.ts'

interface Transcript {
  readonly file: string
  /** The folder in `examples/` whose program is asked. */
  readonly example: string
  readonly command: string
  readonly output: string
}

const FILES = ['README.md', ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md')).map((name) => join('docs', name))]

/** ```` ```console ````: the program, a command after `$`, and what it prints. */
function transcriptsOf(file: string): Transcript[] {
  return [...readFileSync(file, 'utf8').matchAll(/^```console\n# examples\/([\w-]+)\/main\.mjs\n\$ ((?:[^\n]*\\\n)*[^\n]*)\n(.*?)^```$/gms)]
    .map(([, example = '', command = '', output = '']) => ({ file, example, command, output }))
}

const transcripts = FILES.flatMap(transcriptsOf)

test('every console that shows an example is one of these', () => {
  expect(transcripts).toHaveLength(FILES.map((file) => readFileSync(file, 'utf8').match(/^```console\n# examples/gm)?.length ?? 0).reduce((sum, count) => sum + count))
  expect(transcripts.length).toBeGreaterThan(1)
})

describe('what the documents say a command prints, it prints to the byte', () => {
  test.for(transcripts)('$file: $command', async ({ example, command, output }, context) => {
    await using server = await startExample(example, { LOG: join(await tempFolder(context), 'log.db') })
    const asked = command.replaceAll('http://localhost:8787', server.url)
    const { stdout } = await promisify(execFile)('bash', ['-c', asked], { timeout: 20_000 })
    expect(withoutChance(stdout)).toBe(output)
  })
})

/** A run and its epochs are named by chance. */
function withoutChance(text: string): string {
  return text.replaceAll(/\b[\w-]{22}\.[\w-]{22}\b/g, 'GROUP.RUN').replaceAll(/(?<="(?:msg_)?)[\w-]{22}(?=")/g, 'RUN').replaceAll(/^(id: |data: .*"cursor":")[\da-f]{8}-/gm, '$1EPOCH-')
}
