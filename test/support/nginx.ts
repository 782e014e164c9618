import { startProxy, type Proxy } from './reverse-proxy.ts'

/**
 * A private nginx before an origin, as it comes: buffering on.
 * @param version in which it speaks to the origin; by itself it would take 1.0
 * @param gzip whether it packs all that we send
 */
export function proxyTo(program: string, origin: number, version: '1.0' | '1.1', gzip: 'on' | 'off' = 'on'): Promise<Proxy> {
  const location = `proxy_http_version ${version}; ${version === '1.1' ? UPGRADE : ''}`
  return nginx(program, origin, { http: `gzip ${gzip};`, location })
}

/** What nginx must be told to let a WebSocket through. */
const UPGRADE = 'proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;'

/** @param directives put into these blocks */
export function nginx(program: string, origin: number, { http = '', location = '' }: { http?: string; location?: string }): Promise<Proxy> {
  return startProxy({
    program,
    args: (file, folder) => ['-p', folder, '-c', file, '-e', 'stderr', '-g', 'daemon off;'],
    configuration: (port) => configuration(port, origin, http, location),
  })
}

/** @param site what stands inside `http`, a whole `server` with its port */
export function nginxWith(program: string, site: (port: number) => string): Promise<Proxy> {
  return startProxy({
    program,
    args: (file, folder) => ['-p', folder, '-c', file, '-e', 'stderr', '-g', 'daemon off;'],
    configuration: (port) => whole(site(port)),
  })
}

function configuration(port: number, origin: number, http: string, location: string): string {
  return whole(`
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  gzip_types text/event-stream application/x-ndjson text/plain;
  ${http}
  server {
    listen 127.0.0.1:${String(port)};
    location / { ${location} proxy_pass http://127.0.0.1:${String(origin)}; }
  }`)
}

function whole(http: string): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path tmp_${name};`).join(' ')
  return `
worker_processes 1;
master_process off;
pid nginx.pid;
events {}
http {
  access_log off;
  ${paths}
  ${http}
}
`
}
