import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createClient } from 'millrace/client'
import { expect, test } from 'vitest'
import { COMMAND, Server } from './support.ts'

/** The document's own address and run. */
const ADDRESS = 'http://127.0.0.1:8787'
const RUN = '4Dq0mCEXuXnb1lTXzVAJ2w'

test('every example of docs/cli.md prints what the document says', { timeout: 60_000 }, async () => {
  const text = await readFile(new URL('../../docs/cli.md', import.meta.url), 'utf8')
  const examples = [...text.matchAll(/^```console\n\$ (.+)\n([^]*?)^```$/gm)].map(([, command = '', output = '']) => ({ command, output }))
  expect(examples.length).toBeGreaterThan(4)
  const server = await Server.start()
  const folder = await mkdtemp(join(tmpdir(), 'millrace-docs-'))
  try {
    await writeFile(join(folder, 'millrace'), `#!/bin/sh\nexec "${process.execPath}" "${COMMAND}" "$@"\n`, { mode: 0o755 })
    const id = await server.run('answer')
    await createClient(server.url).open(id).result
    for (const { command, output } of examples) {
      const printed = await shell(command.replaceAll(ADDRESS, server.url).replaceAll(RUN, id), folder)
      expect(sorted(printed.replaceAll(server.url, ADDRESS).replaceAll(id, RUN).replace(/ \d+s /, ' 0s ')), command).toEqual(sorted(output))
    }
  } finally {
    await server.kill()
    await rm(folder, { recursive: true })
  }
})

/** Both outputs of a command, whatever its exit code. */
function shell(command: string, folder: string): Promise<string> {
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` }
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', `{ ${command}; } 2>&1`], { env }, (_error, stdout) => resolve(stdout))
  })
}

/** Text and notices go to two outputs: in which order their lines meet in one is not said. */
function sorted(lines: string): string[] {
  return lines.trimEnd().split('\n').sort()
}
