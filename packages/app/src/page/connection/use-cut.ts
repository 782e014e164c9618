import { useCallback, useState, useSyncExternalStore } from 'react'
import { chat, line } from '../chat.ts'

export interface Cut {
  readonly isCut: boolean
  /** How many characters were written while the line was cut, and came from the log; `null`: it was not cut. */
  readonly missed: number | null
  readonly toggle: () => void
}

/**
 * Cuts and mends the page's line, and says what came from the log since.
 *
 * @param turn the answer that is shown newest, and how much of it is
 */
export function useCut(turn: string | null, shown: number): Cut {
  const isCut = useSyncExternalStore(line.subscribe, line.isCut)
  const [before, setBefore] = useState<{ readonly turn: string | null; readonly shown: number } | null>(null)
  const [missed, setMissed] = useState<number | null>(null)
  const mend = useCallback(async () => {
    line.mend()
    if (before?.turn == null) return
    const { text } = await chat.open({}, before.turn).snapshot()
    setMissed(Math.max(0, text.length - before.shown))
  }, [before])
  return {
    isCut,
    missed: before?.turn === turn ? missed : null,
    toggle() {
      if (isCut) {
        // Without the number everything else works.
        mend().catch(() => undefined)
        return
      }
      setMissed(null)
      setBefore({ turn, shown })
      line.cut()
    },
  }
}
