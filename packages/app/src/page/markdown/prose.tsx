import { memo } from 'react'
import type { ReactElement } from 'react'
import { parseMarkdown } from '../../markdown/blocks.ts'
import type { Block } from '../../markdown/blocks.ts'
import type { Span } from '../../markdown/inline.ts'
import { Code } from './code.tsx'
import { List } from './list.tsx'
import { Spans } from './spans.tsx'

/** Parsed and drawn anew only when its text changes: that is, once, but for the stretch that is being written. */
export const Prose = memo(function Prose({ text }: { readonly text: string }): ReactElement {
  return <>{parseMarkdown(text, 'answer').map((block, at) => <BlockView key={at} block={block} />)}</>
})

function BlockView({ block }: { readonly block: Block }): ReactElement {
  switch (block.kind) {
    case 'heading': return <Heading level={block.level} spans={block.spans} />
    case 'paragraph': return <p><Spans spans={block.spans} /></p>
    case 'quote': return <blockquote><Spans spans={block.spans} /></blockquote>
    case 'list': return <List ordered={block.ordered} start={block.start} items={block.items} />
    case 'code': return <Code text={block.text} language="" />
    case 'table': return <Table rows={block.rows} />
  }
}

/** Below the question, which is a heading of the second level. */
function Heading({ level, spans }: { readonly level: number; readonly spans: readonly Span[] }): ReactElement {
  const Tag = level === 1 ? 'h3' : level === 2 ? 'h4' : level === 3 ? 'h5' : 'h6'
  return <Tag><Spans spans={spans} /></Tag>
}

function Table({ rows: [head = [], ...body] }: { readonly rows: readonly (readonly (readonly Span[])[])[] }): ReactElement {
  return (
    <div className="table" tabIndex={0} role="group" aria-label="Table">
      <table>
        <thead><tr>{head.map((spans, at) => <th key={at} scope="col"><Spans spans={spans} /></th>)}</tr></thead>
        <tbody>{body.map((row, nth) => <tr key={nth}>{row.map((spans, at) => <td key={at}><Spans spans={spans} /></td>)}</tr>)}</tbody>
      </table>
    </div>
  )
}
