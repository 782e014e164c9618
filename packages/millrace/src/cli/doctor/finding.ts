import { curesOf, type Cure, type Place, type Trouble } from './cures.ts'

/** `breaks`: streams are of no use, or somebody reads what is not theirs. `hurts`: some clients suffer. `note`: good to know. */
export type Severity = 'breaks' | 'hurts' | 'note'

export interface Finding {
  readonly what: Trouble
  readonly severity: Severity
  /** Where it was seen, in words. */
  readonly where: readonly string[]
  readonly says: string
  readonly cures: readonly Cure[]
}

/** One sight of a trouble. */
export interface Symptom {
  readonly what: Trouble
  readonly severity: Severity
  readonly where: string
  readonly says: string
  /** Which header is in trouble. */
  readonly header?: string
  /** What cures it at the server itself. */
  readonly atServer?: string
}

const WORST_FIRST: readonly Severity[] = ['breaks', 'hurts', 'note']

/** The same symptom in several places is one finding; the worst come first. */
export function findingsOf(symptoms: readonly Symptom[], present: readonly Place[]): Finding[] {
  const findings = new Map<string, Finding>()
  for (const { what, severity, where, says, header, atServer } of symptoms) {
    const known = findings.get(says) ?? { what, severity, where: [], says, cures: curesFor(what, header, atServer, present) }
    const worse = rank(severity) < rank(known.severity) ? severity : known.severity
    findings.set(says, { ...known, severity: worse, where: [...new Set([...known.where, where])] })
  }
  return [...findings.values()].sort((one, other) => rank(one.severity) - rank(other.severity))
}

function rank(severity: Severity): number {
  return WORST_FIRST.indexOf(severity)
}

function curesFor(what: Trouble, header: string | undefined, atServer: string | undefined, present: readonly Place[]): Cure[] {
  const cures = curesOf(what, header, present)
  return atServer === undefined ? cures : [...cures, { at: 'millrace', setting: atServer }]
}
