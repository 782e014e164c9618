import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { vi } from 'vitest'
import { freePort } from './free-port.ts'

/** A private nginx before an origin, as it comes: buffering on. */
export interface Proxy extends AsyncDisposable {
  readonly url: string
}

/**
 * @param version in which it speaks to the origin; by itself it would take 1.0
 * @param gzip whether it packs all that we send
 */
export async function proxyTo(program: string, origin: number, version: '1.0' | '1.1', gzip: 'on' | 'off' = 'on'): Promise<Proxy> {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-nginx-'))
  const port = await freePort()
  await writeFile(join(folder, 'nginx.conf'), configuration(port, origin, version, gzip))
  const nginx = spawn(program, ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr', '-g', 'daemon off;'], { stdio: ['ignore', 'ignore', 'pipe'] })
  let complaints = ''
  nginx.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  const gone = new Promise<void>((resolve) => nginx.once('exit', () => resolve()))
  const url = `http://127.0.0.1:${String(port)}`
  await vi.waitUntil(async () => {
    if (nginx.exitCode !== null) throw new Error(`nginx did not start: ${complaints}`)
    return fetch(url).then(() => true, () => false)
  }, { timeout: 10_000 })
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      nginx.kill('SIGTERM')
      await gone
      await rm(folder, { recursive: true })
    },
  }
}

/** What nginx must be told to let a WebSocket through. */
const UPGRADE = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;'

function configuration(port: number, origin: number, version: string, gzip: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path tmp_${name};`).join(' ')
  return `
worker_processes 1;
pid nginx.pid;
events {}
http {
  access_log off;
  ${paths}
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  gzip ${gzip};
  gzip_types text/event-stream application/x-ndjson text/plain;
  server {
    listen 127.0.0.1:${String(port)};
    location / { proxy_http_version ${version}; ${version === '1.1' ? UPGRADE : ''} proxy_pass http://127.0.0.1:${String(origin)}; }
  }
}
`
}
