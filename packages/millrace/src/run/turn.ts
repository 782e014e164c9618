/**
 * Runs work at the end of this turn of the event loop, together with that of everyone who asked in it, in the order in
 * which they asked: what many producers said in one turn becomes few flushes. Nothing waits for a timer (P12).
 */
type Task = () => void

const later: (task: Task) => void =
  (globalThis as { setImmediate?: (task: Task) => void }).setImmediate ?? ((task) => void setTimeout(task, 0))

/**
 * So many of them at the end of one turn, or this share of all where that is more, and the rest at the end of the next:
 * what one leads to takes some ten microseconds, and a runtime takes one new connection a turn. A thousand producers at
 * once would let nobody else in.
 */
const FEW = 32
const SHARE = 1 / 16

const tasks: Task[] = []

export function atEndOfTurn(task: Task): void {
  if (tasks.push(task) === 1) later(runAll)
}

function runAll(): void {
  const due = tasks.splice(0, Math.max(FEW, tasks.length * SHARE))
  if (tasks.length > 0) later(runAll)
  for (const task of due) runAlone(task)
}

/** What one of them throws costs nobody else their turn, and is not lost either: the process hears of it as of any such failure. */
function runAlone(task: Task): void {
  try {
    task()
  } catch (error) {
    queueMicrotask(() => { throw error })
  }
}

/** Resolves in another turn: between two slices of long work everybody else has theirs. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => later(resolve))
}
