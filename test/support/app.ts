import { createMillrace, type Millrace, type MillraceOptions, type AnyRunDefinition, type Store } from '../../packages/millrace/src/index.ts'
import { memory } from '../../packages/millrace/src/store/memory.ts'

/** A server whose callers say who they are in `X-User` (nobody: 401), and what it logged. */
export interface TestApp extends AsyncDisposable {
  readonly app: Millrace<{ readonly runs: Record<string, { input: unknown; result: unknown }> }>
  readonly store: Store
  readonly logged: readonly Logged[]
  /** A request by `ada`, unless `X-User` says another. */
  readonly ask: (path: string, init?: RequestInit) => Promise<Response>
}

export interface Logged {
  readonly level: 'warn' | 'error'
  readonly message: string
  readonly details: unknown
}

export interface TestAppOptions extends Partial<Omit<MillraceOptions<Record<string, AnyRunDefinition>>, 'logger' | 'runs' | 'routes'>> {
  readonly runs?: Readonly<Record<string, AnyRunDefinition>>
  readonly routes?: NonNullable<MillraceOptions<Record<string, AnyRunDefinition>>['routes']>
}

export function testApp(options: TestAppOptions = {}): TestApp {
  const logged: Logged[] = []
  const { store = memory(), runs = {}, ...rest } = options
  const log = (level: Logged['level']) => (message: string, details?: unknown): void => {
    logged.push({ level, message, details })
  }
  const app = createMillrace({
    store, runs, authenticate: (request) => request.headers.get('X-User'), logger: { warn: log('warn'), error: log('error') }, ...rest,
  })
  return {
    app, store, logged,
    ask: (path, init = {}) => {
      const headers = new Headers(init.headers)
      if (!headers.has('X-User')) headers.set('X-User', 'ada')
      return app.fetch(new Request(new URL(path, 'http://localhost'), { ...init, headers }))
    },
    [Symbol.asyncDispose]: () => app.close(),
  }
}

/** `POST` of JSON. */
export function posting(body: unknown, headers: Readonly<Record<string, string>> = {}): RequestInit {
  return { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } }
}
