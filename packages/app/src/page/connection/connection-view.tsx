import { useEffect } from 'react'
import type { ReactElement } from 'react'
import type { ConnectionStatus } from 'millrace/react'
import { announce } from '../announcer.tsx'
import { CONNECTION_NEWS, CONNECTION_WORDS, CUT_NEWS } from '../thread/words.ts'
import type { Cut } from './use-cut.ts'

interface ConnectionViewProps {
  readonly connection: ConnectionStatus
  readonly cut: Cut
}

/** How the page is connected, in a word, and a switch that cuts it: the best way to see what a log is good for. */
export function ConnectionView({ connection, cut }: ConnectionViewProps): ReactElement {
  const words = cut.isCut ? 'Cut' : CONNECTION_WORDS[connection]
  const news = cut.isCut ? CUT_NEWS : connection === 'resumed' ? (CONNECTION_NEWS.resumed ?? '') : ''
  useEffect(() => announce(news), [news])
  return (
    <div className="connection">
      {words !== '' && <span className="connection-state" id="connection" data-state={cut.isCut ? 'cut' : connection}>{words}</span>}
      <button type="button" role="switch" aria-checked={cut.isCut} className="switch" id="cut" onClick={cut.toggle}>
        <span className="switch-label">Cut my connection</span><span className="switch-knob" aria-hidden="true" />
      </button>
    </div>
  )
}

/** What came from the log once the line was mended. */
export function Missed({ missed }: { readonly missed: number | null }): ReactElement | null {
  const words = missed === null ? '' : missedWords(missed)
  useEffect(() => announce(words), [words])
  return words === '' ? null : <p className="missed" id="missed">{words}</p>
}

function missedWords(missed: number): string {
  if (missed === 0) return 'Nothing was written while you were cut off.'
  return `${missed.toLocaleString('en')} characters were written while you were cut off. They came from the log.`
}
