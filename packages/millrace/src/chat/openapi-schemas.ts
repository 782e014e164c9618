type Schema = Readonly<Record<string, unknown>>
export type SchemaName =
  | 'SessionRequest' | 'SessionReply' | 'ConversationRequest' | 'TitleRequest' | 'Conversation' | 'ConversationList'
  | 'TurnRequest' | 'TurnReply' | 'Turn' | 'TurnList' | 'Chunk' | 'Answer' | 'Problem'

/** One of {@link SCHEMAS}. */
export function schemaRef(name: SchemaName): Schema {
  return { $ref: `#/components/schemas/${name}` }
}

const text: Schema = { type: 'string' }
const time: Schema = { type: 'integer', description: 'In ms since the epoch.' }
const id: Schema = { type: 'string', pattern: '^[\\w-]{22}(\\.[\\w-]{22})?$' }
const named: Schema = { type: 'string', minLength: 1, maxLength: 128, pattern: '^[^\\p{C}\\p{Z}]+$' }
const status: Schema = { enum: ['queued', 'running', 'waiting', 'completed', 'failed', 'cancelled'] }
const usage: Schema = { type: 'object', additionalProperties: { type: 'number' } }
const publicError: Schema = object({ code: text, message: text })

/** @param optional names of those that may be left out */
function object(properties: Readonly<Record<string, Schema>>, ...optional: readonly string[]): Schema {
  return { type: 'object', properties, required: Object.keys(properties).filter((name) => !optional.includes(name)) }
}

function listOf(items: Schema): Schema {
  return { type: 'array', items }
}

const citation = object(
  { title: text, url: text, relevanceScore: { type: 'number', minimum: 0, maximum: 1 }, contentExcerpt: text }, 'url', 'relevanceScore', 'contentExcerpt',
)
const source = object({ title: text, url: text, relevance: { type: 'number', minimum: 0, maximum: 1 }, excerpt: text }, 'url', 'relevance', 'excerpt')
const conversation = object({ conversationId: id, title: text, createdAt: time })
const turn = object(
  {
    id, query: text, parent: { anyOf: [id, { type: 'null' }] }, supersedes: id, continues: id, model: text, status,
    content: { ...text, description: 'What is said so far, where the answer is under way.' },
    sources: listOf(source), createdAt: time, endedAt: { anyOf: [time, { type: 'null' }] }, usage, reason: text, error: publicError,
  },
  'supersedes', 'continues', 'model', 'usage', 'reason', 'error',
)
const said = { sources: listOf(citation), isComplete: { type: 'boolean' }, error: publicError, metadata: { type: 'object' } }

/** The shapes of protocol/chat.ts, and of the dialect `chunk`. */
export const SCHEMAS: Readonly<Record<SchemaName, Schema>> = {
  SessionRequest: { ...object({ instanceId: named, userId: named, projectId: named }, 'instanceId', 'userId', 'projectId'), description: 'Narrows who asks, and never widens it.' },
  SessionReply: object({ sessionId: id, token: { ...text, description: 'For `Authorization: Bearer`. Never part of an address.' }, expiresAt: time }),
  ConversationRequest: { ...object({ title: { ...text, maxLength: 200 } }, 'title'), description: 'Without a title the first question is its title.' },
  TitleRequest: object({ title: { ...text, minLength: 1, maxLength: 200 } }),
  Conversation: conversation,
  ConversationList: object({ conversations: listOf(conversation), next: { ...text, description: '`before` of the next page. Not there on the last one.' } }, 'next'),
  TurnRequest: object(
    {
      query: { ...text, minLength: 1, description: 'Needed, but for `supersedes` and `continues`.' },
      parent: { anyOf: [id, { type: 'null' }], description: 'The turn it is asked after. Default: the newest; `null` begins anew.' },
      supersedes: { ...id, description: 'The turn that is answered anew.' },
      continues: { ...id, description: 'The turn whose answer was cut short, and is gone on with.' },
      model: text,
      stream: { type: 'boolean', description: '`false`: the whole answer as one document.' },
    },
    'query', 'parent', 'supersedes', 'continues', 'model', 'stream',
  ),
  TurnReply: object({ id, conversationId: id, status, created: { type: 'boolean' } }),
  Turn: turn,
  TurnList: object({ conversation, turns: listOf(turn), next: { ...id, description: '`at` of the page with what was said before.' } }, 'next'),
  Chunk: { ...object({ cursor: text, content: text, ...said }, 'cursor', 'content', 'sources', 'error', 'metadata'), description: 'One frame of an answer. `isComplete` is true in the last one of a completed answer, and nowhere else.' },
  Answer: object({ messageContent: text, ...said }, 'error', 'metadata'),
  Problem: { ...object({ type: text, title: text, status: { type: 'integer' }, detail: text, code: text }, 'detail'), description: 'RFC 9457. Decide by `code`.' },
}
