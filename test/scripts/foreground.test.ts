import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const foreground = pathToFileURL(join(import.meta.dirname, '..', '..', 'scripts', 'lib', 'foreground.mjs'))

test('arguments, output and the exit code pass through', async () => {
  const { child, said } = start('console.log(process.argv.slice(2).join()); process.exitCode = 7', ['--port', '0'])
  expect(await once(child, 'close')).toEqual([7, null])
  expect(said()).toBe('--port,0\n')
})

test('a signal sent twice at once, as npm does, reaches the program once', async () => {
  const { child, said, untilSaid } = start(`
    process.on('SIGTERM', () => { console.log('term'); setTimeout(() => process.exit(3), 100) })
    setInterval(() => {}, 1000)
    console.log('ready')
  `)
  await untilSaid('ready')
  child.kill('SIGTERM')
  child.kill('SIGTERM')
  expect(await once(child, 'close')).toEqual([3, null])
  expect(said()).toBe('ready\nterm\n')
})

test('a signal to npm, which ends only the shell between, reaches the program', async () => {
  const { child, untilSaid } = start(
    `process.on('SIGTERM', () => { console.log('term'); process.exit() }); setInterval(() => {}, 1000); console.log('ready')`,
    [],
    { underShell: true },
  )
  await untilSaid('ready')
  child.kill('SIGTERM')
  await untilSaid('term')
})

test('a program that a signal ended is reported as ended by it', async () => {
  const { child, untilSaid } = start('setInterval(() => {}, 1000); console.log(`ready`)')
  await untilSaid('ready')
  child.kill('SIGINT')
  expect(await once(child, 'close')).toEqual([null, 'SIGINT'])
})

interface Started {
  readonly child: ChildProcess
  readonly said: () => string
  readonly untilSaid: (text: string) => Promise<void>
}

function start(program: string, args: readonly string[] = [], { underShell = false } = {}): Started {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-foreground-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const main = join(folder, 'main.mjs')
  writeFileSync(main, program)
  writeFileSync(join(folder, 'start.mjs'), `
    import { foreground } from '${foreground.href}'
    await foreground('${main}', process.argv.slice(2))
  `)
  const command = [process.execPath, join(folder, 'start.mjs'), ...args]
  // The second command keeps the shell from putting the first in its own place.
  const [file = '', ...rest] = underShell ? ['sh', '-c', `${command.join(' ')}; true`] : command
  const env = { ...process.env, npm_lifecycle_event: 'start' }
  const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'inherit'], env })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const untilSaid = async (text: string): Promise<void> => {
    while (!output.includes(text)) await once(child.stdout, 'data')
  }
  return { child, said: () => output, untilSaid }
}
