import { expect, test } from 'vitest'
import { createOutline, foldOutline } from '../event/outline.ts'
import type { Entry, KnownEvent } from '../event/run-event.ts'
import { agUi } from './ag-ui.ts'
import { aiSdk } from './ai-sdk.ts'
import { anthropic } from './anthropic.ts'
import type { Dialect, DialectFrame } from './dialect.ts'
import { openai } from './openai.ts'
import { openaiResponses } from './openai-responses.ts'

/** A call and its result, as servers that give no names say them. */
function callOf(names: { readonly id?: string; readonly name?: string }): KnownEvent[] {
  const call = { block: 0, kind: 'tool_call', nth: 0 }
  const result = { block: 1, kind: 'tool_result', nth: 0 }
  return [
    { type: 'start', run: 'RUN', kind: 'answer' },
    { type: 'block_start', ...call, ...names }, { type: 'delta', ...call, text: '{}' }, { type: 'block_end', ...call },
    { type: 'block_start', ...result, ...names }, { type: 'delta', ...result, text: 'done' }, { type: 'block_end', ...result },
    { type: 'end', status: 'completed' },
  ]
}

function framesOf(dialect: Dialect, events: readonly KnownEvent[]): DialectFrame[] {
  const outline = createOutline(dialect.keeping)
  return events.flatMap((event, index) => {
    const entry: Entry = { ...event, offset: index + 1 }
    const frames = dialect.step?.(outline, entry) ?? []
    foldOutline(outline, entry)
    return [...frames]
  })
}

test.each([agUi, aiSdk, anthropic, openai, openaiResponses].map((dialect) => [dialect.name, dialect] as const))(
  'in %s an empty id or name is none: clients refuse a call without them', (_, dialect) => {
    const frames = framesOf(dialect, callOf({ id: '', name: '' }))
    expect(frames).toEqual(framesOf(dialect, callOf({})))
    expect(JSON.stringify(frames)).toContain('tool')
    expect(JSON.stringify(frames)).not.toMatch(/(?:[Ii]d|name|Name)\\":\\"\\"/)
  },
)
