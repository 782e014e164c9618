import { PublicError } from '../event/error.ts'
import { SnapshotFold, type Snapshot } from '../event/snapshot.ts'
import type { Resumed, RunContext } from '../run/define.ts'
import type { Said } from '../run/said.ts'
import { earlierTurn } from './history.ts'
import type { TurnInput } from './turn-input.ts'

type Told = Pick<Snapshot, 'text' | 'sources'>
const NOTHING: Told = { text: '', sources: [] }
/** UTF-16 units. An entry has a limit, and readers see it grow. */
const PIECE = 16 * 1024

/**
 * Says what the cut answer said, so far as no predecessor did.
 * @returns all that is said of this answer by then
 */
export async function* sayAgain(context: Pick<RunContext<TurnInput>, 'run' | 'input' | 'outcome' | 'resumed'>): AsyncGenerator<Said, string, undefined> {
  const { input: { continues }, resumed } = context
  if (continues === undefined) return (await resumed?.text()) ?? ''
  // State is only saved of what comes after it.
  if (resumed?.checkpoint) return resumed.text()
  const said = resumed === null ? NOTHING : await saidIn(resumed)
  const cut = await earlierTurn(context, continues)
  if (!cut) throw new PublicError('gone', 'The answer to go on with is not there any more.')
  for (const source of cut.sources.slice(said.sources.length)) yield { type: 'source', ...source }
  for (let at = said.text.length; at < cut.text.length; at += PIECE) yield cut.text.slice(at, at + PIECE)
  return said.text.length > cut.text.length ? said.text : cut.text
}

async function saidIn(resumed: Resumed): Promise<Told> {
  const fold = new SnapshotFold()
  for await (const entry of resumed.entries()) fold.add(entry)
  return fold.value()
}
