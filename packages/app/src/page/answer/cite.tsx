import { createContext, useContext } from 'react'
import type { ReactElement } from 'react'
import type { ChatMessage } from 'millrace/react'
import { safeHref } from '../safe-href.ts'

export type Sources = ChatMessage['sources']

/** The sources of the answer around. By context, so that the sources, which come last, draw no finished block again. */
export const SourcesContext = createContext<Sources>([])

/** `[1]`: leads to the passage that the source names, where that is safe. */
export function Cite({ number }: { readonly number: number }): ReactElement {
  const source = useContext(SourcesContext)[number - 1]
  const href = safeHref(source?.url ?? '')
  if (source?.url === undefined || href === null) return <span className="cite">{number}</span>
  return <a className="cite" href={href} title={source.title} target="_blank" rel="noopener noreferrer" aria-label={`Source ${String(number)}: ${source.title}`}>{number}</a>
}
