import { readFile } from 'node:fs/promises'
import { nginxWith } from './nginx.ts'
import type { Proxy } from './reverse-proxy.ts'

const SERVED_BY = 'x-served-by'

/**
 * A private nginx before two servers, set up as the docs show it; its answers also say who gave them. It draws lots: where they take
 * turns, what a page asks between two of its requests decides for good whether both go to the same server.
 */
export async function nginxBefore(program: string, ports: readonly [number, number]): Promise<Proxy> {
  const example = await readFile('examples/operations/nginx.conf', 'utf8')
  const site = example
    .replace('8787', String(ports[0]))
    .replace('8788', String(ports[1]))
    .replace('upstream millrace {', 'upstream millrace { random;')
    .replace('proxy_pass', `add_header ${SERVED_BY} $upstream_addr always; proxy_pass`)
  return nginxWith(program, (port) => site.replace('listen 8080', `listen 127.0.0.1:${String(port)}`))
}

/** The port of the server that gave an answer: of several that were tried, the last. */
export function servedBy(headers: Readonly<Record<string, string>>): number {
  return Number(headers[SERVED_BY]?.split(':').at(-1))
}
