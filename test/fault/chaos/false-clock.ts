import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'

/** A wall clock of one process's own, that goes wrong when it is told to. What timers go by is left alone. */
export interface FalseClock {
  /** What a process is started with to have it. */
  readonly environment: Readonly<Record<string, string>>
  /** @param hours beside the right time, from now on */
  jump(hours: number): void
}

/** How such clocks are made, with the program `faketime`; `null` where that is not here. */
export function falseClocks(): ((file: string) => FalseClock) | null {
  const library = libraryOf()
  return library === null ? null : (file) => {
    const jump = (hours: number): void => writeFileSync(file, `${hours < 0 ? '' : '+'}${String(hours)}h`)
    jump(0)
    return {
      jump,
      environment: { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' },
    }
  }
}

/** Where it lies differs by machine; the program knows. */
function libraryOf(): string | null {
  try {
    return execFileSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return null
  }
}
