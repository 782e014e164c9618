import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { millrace, Server } from '../cli/support.ts'
import { engine } from '../support/engines.ts'
import { nginx } from '../support/nginx.ts'

/** The document's own address, and the configuration it shows. */
const ADDRESS = 'http://chat.example'

test('docs/doctor.md shows what the doctor prints behind the nginx it shows', async (context) => {
  const text = await readFile(new URL('../../docs/doctor.md', import.meta.url), 'utf8')
  const [, location = ''] = /^```nginx\nlocation \/ \{\n(.*?)^\}\n```$/ms.exec(text) ?? []
  const [, printed = ''] = /^```console\n\$ millrace doctor \S+\n(.*?)^```$/ms.exec(text) ?? []
  expect(location).toContain('proxy_')
  const server = await Server.start()
  try {
    const lines = location.split('\n').filter((line) => !line.includes('proxy_pass')).join(' ')
    await using proxy = await nginx(engine('nginx', context), Number(new URL(server.url).port), { location: lines })
    const { code, stdout } = await millrace('doctor', proxy.url)
    expect(stdout.replaceAll(proxy.url, ADDRESS)).toBe(printed)
    expect(code).toBe(1)
  } finally {
    await server.kill()
  }
})
