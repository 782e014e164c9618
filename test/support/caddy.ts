import { startProxy, type Proxy } from './reverse-proxy.ts'

/** A private Caddy before an origin. @param lines of its `reverse_proxy`; `site` stands beside that */
export function caddy(program: string, origin: number, lines: readonly string[], site: readonly string[] = []): Promise<Proxy> {
  return startProxy({
    program,
    args: (file) => ['run', '--config', file, '--adapter', 'caddyfile'],
    configuration: (port) => `{
  admin off
  auto_https off
}
http://127.0.0.1:${String(port)} {
  ${site.join('\n  ')}
  reverse_proxy 127.0.0.1:${String(origin)} {
    ${lines.join('\n    ')}
  }
}
`,
  })
}
