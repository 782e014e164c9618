import { spawn } from 'node:child_process'
import { once } from 'node:events'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']
// One ^C arrives by several ways: from the terminal, and once more from npm. Within this time it is the same one.
const ECHO_MS = 500

/**
 * Runs a Node program as if it stood in this process's place: same input and output, each signal
 * reaches it once, and this process ends as it ended.
 */
export async function foreground(file, args) {
  const child = spawn(process.execPath, [file, ...args], { stdio: 'inherit' })
  passOnSignals(child)
  const [code, signal] = await once(child, 'exit')
  if (signal === null) process.exit(code)
  for (const name of SIGNALS) process.removeAllListeners(name)
  process.kill(process.pid, signal)
}

function passOnSignals(child) {
  let last = -Infinity
  const unlessEcho = (send) => {
    if (performance.now() - last >= ECHO_MS) send()
    last = performance.now()
  }
  for (const signal of SIGNALS) {
    // A terminal sends ^C to every process in front of it, the program included.
    const sent = signal === 'SIGINT' && process.stdin.isTTY
    process.on(signal, () => unlessEcho(() => sent || child.kill(signal)))
  }
  whenOrphaned(() => unlessEcho(() => child.kill('SIGTERM')))
}

// npm starts us through a shell, and a signal to npm ends that shell without ever reaching us: we
// only see our parent gone. Started by hand, we may outlive our parent.
function whenOrphaned(act) {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  const timer = setInterval(() => {
    if (process.ppid === parent) return
    clearInterval(timer)
    act()
  }, 200)
  timer.unref()
}
