import { startProxy, type Proxy } from './reverse-proxy.ts'

/** A private haproxy before an origin. @param lines of its one section */
export function haproxy(program: string, origin: number, lines: readonly string[]): Promise<Proxy> {
  return startProxy({
    program,
    args: (file) => ['-f', file, '-db', '-q'],
    configuration: (port) => `
defaults
  mode http
  timeout connect 5s
  timeout client 1h
listen web
  bind 127.0.0.1:${String(port)}
  ${lines.join('\n  ')}
  server origin 127.0.0.1:${String(origin)}
`,
  })
}
