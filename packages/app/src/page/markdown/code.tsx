import { memo } from 'react'
import type { ReactElement } from 'react'
import { CopyButton } from '../copy-button.tsx'

/** How much of a long block is one element: only the last one is drawn again while the block grows. */
const CHUNK = 4000

/** A block of code, with a button that copies it. */
export const Code = memo(function Code({ text, language }: { readonly text: string; readonly language: string }): ReactElement {
  return (
    <figure className="code">
      <figcaption>
        <span>{language === '' ? 'code' : language}</span>
        <CopyButton text={text} label="Copy" of="Copy this code" />
      </figcaption>
      <pre tabIndex={0}><code>{chunksOf(text).map((chunk, at) => <Chunk key={at} text={chunk} />)}</code></pre>
    </figure>
  )
})

const Chunk = memo(function Chunk({ text }: { readonly text: string }): ReactElement {
  return <span>{text}</span>
})

/** Cut behind line ends, and so that a text that grows keeps its cuts. */
function chunksOf(text: string): string[] {
  const chunks: string[] = []
  let at = 0
  while (text.length - at > CHUNK) {
    const end = text.lastIndexOf('\n', at + CHUNK) + 1
    const next = end > at ? end : at + CHUNK
    chunks.push(text.slice(at, next))
    at = next
  }
  return [...chunks, text.slice(at)]
}
