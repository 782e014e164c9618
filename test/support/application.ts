import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

export const MAIN: string = fileURLToPath(new URL('../../packages/app/dist/main.js', import.meta.url))

/** The application as a process of its own, started as `npm start` starts it. */
export interface App {
  readonly url: string
  readonly port: number
  /** Everything it printed before it was ready. */
  readonly output: string
  /** Ends it and waits for its end. */
  kill(signal?: NodeJS.Signals): Promise<number | null>
}

export function startApp(...flags: readonly string[]): Promise<App> {
  return startAppIn({}, ...flags)
}

/** @param more of the environment */
export async function startAppIn(more: Readonly<Record<string, string>>, ...flags: readonly string[]): Promise<App> {
  const env = { ...process.env, ...more }
  const child = spawn(process.execPath, [MAIN, '--port', '0', ...flags], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const output = await untilReady(child)
  const url = /ready at (http:\/\/\S+)/.exec(output)?.[1] ?? ''
  return {
    url,
    port: Number(new URL(url).port),
    output,
    async kill(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal)
        await once(child, 'exit')
      }
      return child.exitCode
    },
  }
}

async function untilReady(child: ChildProcess): Promise<string> {
  let output = ''
  const ready = new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (/ready at \S+\n/.test(output)) resolve()
    })
    child.once('exit', (code) => {
      reject(new Error(`The application ended with ${String(code)} before it was ready: ${output}`))
    })
  })
  await ready
  return output
}
