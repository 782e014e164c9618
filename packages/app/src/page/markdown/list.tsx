import type { ReactElement } from 'react'
import type { Item } from '../../markdown/blocks.ts'
import { Spans } from './spans.tsx'

interface ListProps {
  readonly ordered: boolean
  readonly start?: number
  readonly items: readonly Item[]
}

/** Items with deeper ones between them become lists in lists. */
export function List({ ordered, start = 1, items }: ListProps): ReactElement {
  const entries = gather(items).map(({ item, inner }, at) => (
    <li key={at}>
      <Spans spans={item.spans} />
      {inner.length > 0 && <List ordered={false} items={inner} />}
    </li>
  ))
  return ordered ? <ol start={start}>{entries}</ol> : <ul>{entries}</ul>
}

/** Each item of the outermost depth, with those that stand in it. */
function gather(items: readonly Item[]): { readonly item: Item; readonly inner: Item[] }[] {
  const depth = items.reduce((least, item) => Math.min(least, item.depth), Infinity)
  const outer: { readonly item: Item; readonly inner: Item[] }[] = []
  for (const item of items) {
    const last = outer.at(-1)
    if (item.depth > depth && last !== undefined) last.inner.push(item)
    else outer.push({ item, inner: [] })
  }
  return outer
}
