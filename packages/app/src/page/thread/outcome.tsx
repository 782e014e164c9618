import type { ReactElement } from 'react'

interface OutcomeProps {
  readonly text: string
  readonly isCalm: boolean
  /** What can be done about it: words, and what they do. */
  readonly ways: readonly (readonly [string, () => void])[]
}

/** How something ended that did not go well, and the ways on. */
export function Outcome({ text, isCalm, ways }: OutcomeProps): ReactElement {
  return (
    <div className="outcome" data-tone={isCalm ? 'calm' : 'warn'}>
      <p>{text}</p>
      {ways.map(([words, go]) => <button key={words} type="button" onClick={go}>{words}</button>)}
    </div>
  )
}
