import type { ReactElement } from 'react'

/** Questions that these documents answer, which the server puts into the page. */
const SUGGESTIONS: readonly string[] = [...(document.querySelector('template')?.content.children ?? [])].map(({ textContent }) => textContent)

export function Welcome({ onAsk }: { readonly onAsk: (question: string) => void }): ReactElement {
  return (
    <section className="welcome">
      <h1>Ask your documents</h1>
      <p>Every answer comes with its sources, and is written to a log: it survives a refresh, a lost network and a restart of the server.</p>
      <ul className="suggestions" id="suggestions">
        {SUGGESTIONS.map((question) => <li key={question}><button type="button" onClick={() => onAsk(question)}>{question}</button></li>)}
      </ul>
    </section>
  )
}
