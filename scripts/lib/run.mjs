import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { delimiter, join } from 'node:path'
import { root } from './root.mjs'

// On Windows npm and the packages' commands are `.cmd` files, which only a shell starts.
const shell = process.platform === 'win32'
const env = { ...process.env, PATH: [join(root, 'node_modules', '.bin'), process.env.PATH].join(delimiter) }

/** Runs a command in the project's folder with this process's own input and output; gives its exit code. */
export async function show(command, args, more = {}) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', shell, env: { ...env, ...more } })
  const [code] = await once(child, 'close')
  return code ?? 1
}

/** Runs a command and keeps what it says: `{ code, output }`. */
export async function capture(command, args, more = {}) {
  const child = spawn(command, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], shell, env: { ...env, ...more } })
  let output = ''
  child.stdout.on('data', (text) => (output += text))
  child.stderr.on('data', (text) => (output += text))
  const [code] = await once(child, 'close')
  return { code: code ?? 1, output }
}

/** Runs a command quietly; only when it fails, everything it said is shown and this process ends. */
export async function must(command, args, more = {}) {
  const { code, output } = await capture(command, args, more)
  if (code === 0) return
  process.stderr.write(`${output}\n\`${[command, ...args].join(' ')}\` failed.\n`)
  process.exit(1)
}
