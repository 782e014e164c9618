import { startAppIn, type App } from './application.ts'
import { freePort } from './free-port.ts'

/** Two servers of the application, as alike as two of a real site are, each of which may die. */
export interface TwoServers extends AsyncDisposable {
  readonly ports: readonly [number, number]
  /** Ends the one at this port, and starts it there again. */
  restart(port: number, signal: NodeJS.Signals): Promise<void>
}

/** @param environment what tells a server where its model is, by its port */
export async function startTwo(flags: readonly string[], environment: (port: number) => Readonly<Record<string, string>> = () => ({})): Promise<TwoServers> {
  const ports = [await freePort(), await freePort()] as const
  const start = (port: number): Promise<App> => startAppIn(environment(port), '--port', String(port), ...flags)
  const servers = new Map<number, App>()
  for (const port of ports) servers.set(port, await start(port))
  return {
    ports,
    async restart(port, signal) {
      await servers.get(port)?.kill(signal)
      servers.set(port, await start(port))
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...servers.values()].map((server) => server.kill('SIGKILL')))
    },
  }
}
