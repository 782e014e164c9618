import { Fragment, memo } from 'react'
import type { ReactElement, ReactNode } from 'react'
import type { Span } from '../../markdown/inline.ts'
import { Cite } from '../answer/cite.tsx'
import { safeHref } from '../safe-href.ts'

/** Inline Markdown as elements. Every word is a text node: nothing is ever read as HTML. */
export const Spans = memo(function Spans({ spans }: { readonly spans: readonly Span[] }): ReactElement {
  return <>{spans.map((span, at) => <Fragment key={at}>{toNode(span)}</Fragment>)}</>
})

function toNode(span: Span): ReactNode {
  switch (span.kind) {
    case 'text': return span.text
    case 'code': return <code>{span.text}</code>
    case 'cite': return <Cite number={span.number} />
    case 'strong': return <strong><Spans spans={span.spans} /></strong>
    case 'em': return <em><Spans spans={span.spans} /></em>
    case 'del': return <del><Spans spans={span.spans} /></del>
    case 'link': return <Link href={span.href} spans={span.spans} />
  }
}

function Link({ href, spans }: { readonly href: string; readonly spans: readonly Span[] }): ReactElement {
  const safe = safeHref(href)
  if (safe === null) return <Spans spans={spans} />
  return <a href={safe} target="_blank" rel="noopener noreferrer nofollow"><Spans spans={spans} /></a>
}
