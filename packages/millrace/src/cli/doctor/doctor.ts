import { MillraceError } from '../../event/error.ts'
import { DOCTOR } from '../../protocol/doctor.ts'
import { runPath } from '../../protocol/routes.ts'
import type { DoctorCommand } from '../arguments.ts'
import { toJsonLine, toLine, toText } from '../terminal.ts'
import { placesIn } from './cures.ts'
import { diagnose, presentIn } from './diagnose.ts'
import { diagnoseRun } from './diagnose-run.ts'
import { examine } from './examine.ts'
import type { Finding } from './finding.ts'
import { linesOf, linesOfRun } from './report.ts'
import { lookAtRun, type RunSeen } from './run.ts'

const FOUND = 1
const COULD_NOT_ASK = 2
const INTERRUPTED = 130

/** Says what lies between here and a server does to streams. @returns the exit code */
export async function doctor(command: DoctorCommand): Promise<number> {
  const interrupt = new AbortController()
  const { signal } = interrupt
  process.once('SIGINT', () => interrupt.abort())
  try {
    const { findings, lines, json } = await consult(command, signal)
    // What was cut short says nothing of the way.
    if (signal.aborted) return INTERRUPTED
    process.stdout.write(command.json ? toJsonLine(json) : lines.map((line) => `${toText(line).replaceAll('\n', ' ')}\n`).join(''))
    return findings.every(({ severity }) => severity === 'note') ? 0 : FOUND
  } catch (error) {
    if (signal.aborted) return INTERRUPTED
    if (!(error instanceof MillraceError)) throw error
    process.stderr.write(`millrace: ${toLine(adviceOn(error, command))}\n`)
    return COULD_NOT_ASK
  }
}

interface Opinion {
  readonly findings: readonly Finding[]
  readonly lines: readonly string[]
  readonly json: object
}

async function consult({ base, id, access, idle }: DoctorCommand, signal: AbortSignal): Promise<Opinion> {
  if (id !== null) return opinionOnRun(base + runPath(id), await lookAtRun(base, id, access, signal))
  const seen = await examine({ base, access, idle }, signal)
  const findings = diagnose(seen)
  const url = base + DOCTOR
  return { findings, lines: [...linesOf(url, seen, findings)], json: { url, present: presentIn(seen), findings } }
}

function opinionOnRun(url: string, seen: RunSeen): Opinion {
  const findings = diagnoseRun(seen)
  const present = placesIn(seen.answered)
  return { findings, lines: [...linesOfRun(url, present, seen, findings)], json: { url, present, findings } }
}

function adviceOn({ code, message }: MillraceError, { base, id }: DoctorCommand): string {
  if (code === 'not_found' && id === null) {
    return `There is no pattern at ${base + DOCTOR}. Start the server with \`createMillrace({ doctor: true, … })\`, or give the address of a run to look at that.`
  }
  if (code === 'unauthorized') return `${message} If you did, with --header, something between may take that header off.`
  return message
}
