import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { compression, serve } from '../../packages/millrace/src/runtime/index.ts'
import { testApp } from '../support/app.ts'
import { Script } from '../support/script.ts'

const { stdout: curl } = await promisify(execFile)('curl', ['--version'])
const offered = compression.map(({ name }) => name)
const spoken = { gzip: 'libz', br: 'brotli', zstd: 'zstd' } as const
/** zstd from Node 22.15 on, and where curl was built with it. */
const codings = (['gzip', 'br', 'zstd'] as const).filter((coding) => offered.includes(coding) && curl.includes(spoken[coding]))

describe('curl', () => {
  test('--compressed: every token before the next is said, in each coding that both know', async () => {
    expect(codings).toEqual(expect.arrayContaining(['gzip', 'br']))
    for (const coding of codings) await readCompressed(coding)
  })
})

async function readCompressed(coding: string): Promise<void> {
  const script = new Script()
  await using server = testApp({ runs: { answer: script.kind }, compress: compression, authenticate: () => 'ada' })
  const served = await serve(server.app, { port: 0 })
  const child = spawn('curl', [
    '--silent', '--show-error', '--no-buffer', '--include', '--compressed', '-H', `Accept-Encoding: ${coding}`,
    '-H', 'Content-Type: application/json', '-d', 'null', `${served.url}/runs/answer`,
  ], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  const output = child.stdout.setEncoding('utf8')
  let text = ''
  for (let n = 0; n < 10; n += 1) {
    script.say(`token ${String(n)} `)
    while (!text.includes(`token ${String(n)} `)) text += String((await once(output, 'data'))[0])
  }
  script.end()
  expect((await exit)[0]).toBe(0)
  expect(text).toMatch(new RegExp(`^content-encoding: ${coding}\r$`, 'im'))
  await served.close()
}
