import { spawn } from 'node:child_process'
import { once } from 'node:events'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
// npm passes on a signal that this process was sent as well: within this time it is the same one.
const ECHO_MS = 500

/**
 * Runs a Node program as if it stood in this process's place: same input and output, each signal
 * reaches it once, and this process ends as it ended.
 */
export async function foreground(file, args) {
  const child = spawn(process.execPath, [file, ...args], { stdio: 'inherit' })
  for (const signal of SIGNALS) passOn(signal, child)
  const [code, signal] = await once(child, 'exit')
  if (signal === null) process.exit(code)
  for (const name of SIGNALS) process.removeAllListeners(name)
  process.kill(process.pid, signal)
}

function passOn(signal, child) {
  // A terminal sends ^C to every process in front of it, the program included.
  const terminalSendsIt = signal === 'SIGINT' && process.stdin.isTTY
  let last = -Infinity
  process.on(signal, () => {
    if (terminalSendsIt || performance.now() - last < ECHO_MS) return
    last = performance.now()
    child.kill(signal)
  })
}
