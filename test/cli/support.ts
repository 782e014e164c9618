import { fork, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { createClient } from 'millrace/client'

export const COMMAND: string = fileURLToPath(new URL('../../packages/millrace/dist/cli/main.js', import.meta.url))

/** A server in a process of its own, from what was built. */
export class Server {
  readonly url: string
  readonly #process: ChildProcess

  private constructor(url: string, process: ChildProcess) {
    this.url = url
    this.#process = process
  }

  static async start({ port = '0', file = [] }: { port?: string; file?: string[] } = {}): Promise<Server> {
    const process = fork(new URL('server.mjs', import.meta.url), [port, ...file], { silent: true })
    const [url] = (await once(process, 'message')) as [string]
    return new Server(url, process)
  }

  /** @returns the run's id */
  async run(kind: string, input: string = 'mills'): Promise<string> {
    return (await createClient(this.url).start(kind, input)).id
  }

  openGate(): void {
    this.#process.send('open')
  }

  async kill(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exited
  }
}

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** The command as a process; what it says can be waited for. */
export class Command {
  stdout = ''
  stderr = ''
  readonly #process: ChildProcess
  readonly #closed: Promise<unknown[]>

  constructor(...args: string[]) {
    this.#process = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#closed = once(this.#process, 'close')
    this.#process.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
  }

  interrupt(): void {
    this.#process.kill('SIGINT')
  }

  /** What `head` does when it has seen enough. */
  closeOutput(): void {
    this.#process.stdout?.destroy()
  }

  async outcome(): Promise<Outcome> {
    await this.#closed
    return { code: this.#process.exitCode, stdout: this.stdout, stderr: this.stderr }
  }
}

export function millrace(...args: string[]): Promise<Outcome> {
  return new Command(...args).outcome()
}
