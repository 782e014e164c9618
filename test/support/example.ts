import { spawn } from 'node:child_process'
import { once } from 'node:events'

/** An example as a process of its own, started as its reader starts it. */
export interface Example extends AsyncDisposable {
  readonly url: string
  /** Without a word of warning. */
  kill(): Promise<void>
}

export async function startExample(name: string, env: Readonly<Record<string, string>>, main: string = 'main.mjs'): Promise<Example> {
  const child = spawn(process.execPath, [main], {
    cwd: `examples/${name}`, env: { ...process.env, PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exit = once(child, 'exit')
  const ready = (async () => {
    let output = ''
    for await (const chunk of child.stdout) {
      output += String(chunk)
      const url = /ready at (\S+)\n/.exec(output)?.[1]
      if (url !== undefined) return url
    }
    throw new Error(`The example ended before it was ready: ${output}`)
  })()
  return {
    url: await ready,
    async kill() {
      child.kill('SIGKILL')
      await exit
    },
    async [Symbol.asyncDispose]() {
      child.kill()
      await exit
    },
  }
}
