import { memo, useState } from 'react'
import type { ReactElement } from 'react'
import { AnswerReader } from './answer-reader.ts'
import type { Section } from './answer-reader.ts'
import { Code } from './code.tsx'
import { Prose } from './prose.tsx'

interface AnswerMarkdownProps {
  readonly content: string
  readonly isEnded: boolean
}

/** An answer's Markdown, drawn while it comes. What stands finished costs nothing more, however long the rest grows. */
export function AnswerMarkdown({ content, isEnded }: AnswerMarkdownProps): ReactElement {
  // A cache: whatever it was given before, and however often, it says of this content what this content says.
  const [reader] = useState(() => new AnswerReader())
  const { settled, growing } = reader.read(content, isEnded)
  return <>{[...settled, growing].map((section, at) => <SectionView key={at} section={section} isSettled={at < settled.length} />)}</>
}

interface SectionProps {
  readonly section: Section
  readonly isSettled: boolean
}

const SectionView = memo(function SectionView({ section, isSettled }: SectionProps): ReactElement {
  return (
    <div className={isSettled ? 'section settled' : 'section'}>
      {section.map(({ kind, text, language }, at) => (
        kind === 'code' ? <Code key={at} text={text} language={language} /> : <Prose key={at} text={text} />
      ))}
    </div>
  )
})
