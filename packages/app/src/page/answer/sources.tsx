import { memo, useId } from 'react'
import type { ReactElement } from 'react'
import { safeHref } from '../safe-href.ts'
import type { Sources } from './cite.tsx'

/** The numbered list of what an answer was made of. */
export const SourcesPanel = memo(function SourcesPanel({ sources }: { readonly sources: Sources }): ReactElement | null {
  const title = useId()
  if (sources.length === 0) return null
  return (
    <section className="sources" aria-labelledby={title}>
      <h3 id={title}>Sources</h3>
      <ol>{sources.map((source, at) => <li key={at}><SourceCard source={source} /></li>)}</ol>
    </section>
  )
})

function SourceCard({ source: { title, url, excerpt, relevance } }: { readonly source: Sources[number] }): ReactElement {
  const href = url === undefined ? null : safeHref(url)
  const inside = (
    <>
      <span className="source-title">{title}</span>
      {relevance !== undefined && <Relevance value={relevance} />}
      {excerpt !== undefined && <span className="source-excerpt">{excerpt}</span>}
    </>
  )
  if (href === null) return <div className="source">{inside}</div>
  return <a className="source" href={href} target="_blank" rel="noopener noreferrer">{inside}</a>
}

function Relevance({ value }: { readonly value: number }): ReactElement {
  const percent = `${String(Math.round(100 * Math.min(1, Math.max(0, value))))}%`
  return <span className="source-relevance" title="How much of the question this passage speaks of"><span className="unseen">Relevance </span>{percent}</span>
}
