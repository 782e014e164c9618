import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startApp, type App } from '../support/application.ts'

const run = promisify(execFile)

interface Example {
  readonly file: string
  readonly language: string
  readonly code: string
}

const FILES = ['README.md', 'packages/millrace/README.md', 'PROTOCOL.md', ...readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md')).map((name) => join('docs', name))]

async function examplesOf(file: string): Promise<Example[]> {
  const text = await readFile(file, 'utf8')
  return [...text.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({ file, language, code }))
}

const examples = (await Promise.all(FILES.map(examplesOf))).flat()
const inLanguage = (...languages: readonly string[]): Example[] => examples.filter(({ language }) => languages.includes(language))

/** Indentation may differ: the docs show a piece of the file. */
function lines(code: string): string {
  return code.split('\n').map((line) => line.trim()).filter((line) => line !== '').join('\n')
}

test('the documents have examples of each sort', () => {
  expect(inLanguage('js', 'ts').length).toBeGreaterThan(1)
  expect(inLanguage('sh').length).toBeGreaterThan(3)
})

describe('a piece of code stands, line for line, in a file that a test runs', () => {
  test.each(inLanguage('js', 'ts', 'tsx'))('$file', async ({ code }) => {
    const [, path = ''] = /^\/\/ from (\S+)\n/.exec(code) ?? []
    expect(path, 'the first line says `// from FILE`').not.toBe('')
    expect(lines(await readFile(path, 'utf8'))).toContain(lines(code.slice(code.indexOf('\n'))))
  })
})

describe('the first program on a page that is to be followed brings all that it takes', () => {
  const pages = FILES.filter((file) => /^docs.(?:(?:dialects|models).(?!README)|(?:chat|operations|quickstart|react|recipes|sessions)\.md)/.test(file))
  test.each(pages)('%s', (page) => {
    const [first] = inLanguage('js').filter(({ file }) => file === page)
    expect(first?.code).toMatch(/^import \{.*\} from 'millrace'$/m)
    expect(first?.code).toMatch(/^import \{ serve.*\} from 'millrace\/node'$/m)
  })
})

describe('an npm command is one that there is', () => {
  const commands = inLanguage('sh').flatMap(({ file, code }) => code.split('\n').filter((line) => line.startsWith('npm ')).map((command) => ({ file, command })))
  test.each(commands)('$file: $command', async ({ command }) => {
    const { scripts } = JSON.parse(await readFile('package.json', 'utf8')) as { scripts: Record<string, string> }
    const name = command.replace(/^npm (run )?/, '').split(' ')[0] ?? ''
    expect(Object.keys(scripts)).toContain(name)
  })
})

describe('a curl command prints a stream', () => {
  let app: App
  let folder: string
  let place: { readonly run: string; readonly cursor: string }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'millrace-docs-'))
    app = await startApp('--store', `sqlite:${join(folder, 'log.db')}`, '--pace', '0')
    place = await answerSomething(app.url)
  })
  afterAll(async () => {
    await app.kill()
    await rm(folder, { recursive: true })
  })

  const commands = inLanguage('sh').flatMap(({ file, code }) =>
    code.replaceAll('\\\n', ' ').split('\n').filter((line) => line.startsWith('curl ')).map((command) => ({ file, command })))

  test.each(commands)('$file: $command', async ({ command }) => {
    const here = command.replaceAll('localhost:8787', new URL(app.url).host).replaceAll('RUN', place.run).replaceAll('CURSOR', place.cursor)
    const { stdout } = await run('bash', ['-c', here.replace('curl ', 'curl --fail --silent --max-time 20 ')])
    expect(stdout).toContain('event: content_block_delta\n')
    expect(stdout.endsWith('event: message_stop\ndata: {"type":"message_stop"}\n\n')).toBe(true)
  })
})

/** A run, and the cursor of its first event. */
async function answerSomething(url: string): Promise<{ run: string; cursor: string }> {
  const response = await fetch(new URL('/chat/stream', url), {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: '{"message":"How does a reader resume?"}',
  })
  const [, cursor = ''] = /^id: (\S+)$/m.exec(await response.text()) ?? []
  return { run: response.headers.get('Millrace-Run') ?? '', cursor }
}
