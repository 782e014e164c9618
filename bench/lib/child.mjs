import { fork } from 'node:child_process'
import { once } from 'node:events'
import { envOf } from './profile.mjs'

/** A process of its own that is told what to do in messages, and answers each with one. */
export class Child {
  #process
  #messages = []
  #wake = () => {}

  /**
   * @param {URL} file @param {readonly string[]} args
   * @param {{ execArgv?: readonly string[], profile?: string }} how options of Node itself; a folder for CPU profiles of what it meters
   */
  constructor(file, args, { execArgv = [], profile } = {}) {
    this.#process = fork(file, args, { execArgv, env: envOf(profile), stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#process.on('message', (message) => {
      this.#messages.push(message)
      this.#wake()
    })
    this.#process.on('exit', () => this.#wake())
  }

  /** The next message. @throws Error where the process ended instead */
  async answer() {
    while (this.#messages.length === 0) {
      if (this.#ended) throw new Error(`A process of the bench ended with ${this.#process.exitCode ?? this.#process.signalCode}.`)
      await new Promise((resolve) => (this.#wake = resolve))
    }
    return this.#messages.shift()
  }

  tell(message) {
    this.#process.send(message)
  }

  async end() {
    if (this.#ended) return
    const exited = once(this.#process, 'exit')
    if (this.#process.connected) this.#process.disconnect()
    await exited
  }

  get #ended() {
    return this.#process.exitCode !== null || this.#process.signalCode !== null
  }
}
