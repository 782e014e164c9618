import { CHAT_SOCKET, CONVERSATIONS, OPENAPI, SESSIONS, TURNS } from '../protocol/chat.ts'
import { EVENT_STREAM, IDEMPOTENCY_KEY, JSON_TYPE, LAST_EVENT_ID, PREFER, PROBLEM_JSON } from '../protocol/headers.ts'
import { schemaRef, SCHEMAS, type SchemaName } from './openapi-schemas.ts'

type Part = Readonly<Record<string, unknown>>

const LINES = 'application/x-ndjson'

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'Something in the request is not of its form.',
  401: 'Nobody was named: there is no session, or it holds no longer.',
  403: 'It comes from another site, or names somebody else.',
  404: 'There is no such conversation; nor is one that is somebody else’s.',
  406: 'It is not to be had in what was asked for.',
  409: '`busy`: another question is being answered. `reset`: the cursor is of another log.',
  410: 'It was deleted, or its data has expired.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  422: '`invalid_input`, or `key_reused`: the key was used with another question.',
  429: 'The caller has too many open streams.',
}

/** What `GET /openapi.json` answers: every path of a chat, below wherever it is mounted (OpenAPI 3.1). */
export function openApiOf(hasSessions: boolean): Part {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Chat', version: '1',
      description: `Conversations of questions with their answers. Each answer is a run: by its id it is read, cancelled and signalled at \`/runs/ID\` as any run. Over a WebSocket at \`${CHAT_SOCKET}\` one question after another is asked, and each message that comes is a Chunk.`,
    },
    servers: [{ url: '.' }],
    security: [{ session: [] }, {}],
    paths: { ...(hasSessions ? { [SESSIONS]: sessions } : {}), ...PATHS },
    components: {
      schemas: SCHEMAS,
      parameters: { conversationId: { name: 'conversationId', in: 'path', required: true, schema: { type: 'string' } } },
      securitySchemes: { session: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: `The \`token\` of a session. Without one, whatever else the server goes by: a cookie, say.` } },
    },
  }
}

const sessions: Part = {
  post: {
    operationId: 'openSession', summary: 'Opens a session, for who signs in', ...bringing('SessionRequest'),
    responses: { 201: answering('The session.', 'SessionReply'), ...refusing(400, 401, 403, 413, 415) },
  },
}

const KEY = header(IDEMPOTENCY_KEY, 'The same key joins what it began, and pays nothing twice.')
const LIMIT = query('limit', 'How many, from 1 to 100. Default 20.', 'integer')

const PATHS: Part = {
  [CONVERSATIONS]: {
    get: {
      operationId: 'listConversations', summary: 'The caller’s conversations, newest first',
      parameters: [LIMIT, query('before', '`next` of the page before.')],
      responses: { 200: answering('A page.', 'ConversationList'), ...refusing(400, 401) },
    },
    post: {
      operationId: 'startConversation', summary: 'Begins a conversation', parameters: [KEY], ...bringing('ConversationRequest'),
      responses: { 201: answering('It was begun.', 'Conversation'), 200: answering('The key had begun it.', 'Conversation'), ...refusing(400, 401, 403, 410, 413, 415, 422) },
    },
  },
  [`${CONVERSATIONS}/{conversationId}`]: {
    parameters: [{ $ref: '#/components/parameters/conversationId' }],
    get: { operationId: 'readConversation', summary: 'One conversation', responses: { 200: answering('It.', 'Conversation'), ...refusing(401, 404, 410) } },
    patch: {
      operationId: 'renameConversation', summary: 'Gives it another title', ...bringing('TitleRequest'),
      responses: { 200: answering('It, renamed.', 'Conversation'), ...refusing(400, 401, 403, 404, 410, 413, 415, 422) },
    },
    delete: {
      operationId: 'removeConversation', summary: 'Deletes it with all that was said, and cancels what is being said',
      responses: { 204: { description: 'It is gone.' }, ...refusing(401, 403, 404, 410) },
    },
  },
  [`${CONVERSATIONS}/{conversationId}${TURNS}`]: {
    parameters: [{ $ref: '#/components/parameters/conversationId' }],
    get: {
      operationId: 'readTurns', summary: 'The path of questions and answers that leads to a turn, oldest first',
      parameters: [LIMIT, query('at', 'The turn. Default: the newest.')],
      responses: { 200: answering('A page.', 'TurnList'), ...refusing(400, 401, 404, 410) },
    },
    post: {
      operationId: 'ask', summary: 'Asks, and is answered',
      parameters: [
        KEY, query('dialect', 'The vocabulary of the stream. Default `chunk`.'), header(PREFER, '`respond-async`: only where the answer is to be found.'),
        header(LAST_EVENT_ID, 'Follows the answer that the key began, after this cursor, and starts none.'),
      ],
      ...bringing('TurnRequest'),
      responses: {
        200: {
          description: 'The answer: a stream whose every event (`text/event-stream`) or line is a Chunk; or, for `stream: false`, the whole. Where the key had begun it and `Prefer: respond-async` was sent, a TurnReply.',
          content: { [EVENT_STREAM]: { schema: schemaRef('Chunk') }, [LINES]: { schema: schemaRef('Chunk') }, [JSON_TYPE]: { schema: { anyOf: [schemaRef('Answer'), schemaRef('TurnReply')] } } },
        },
        202: answering('It is being answered (`Prefer: respond-async`).', 'TurnReply'),
        204: { description: 'Nothing follows the cursor: the answer has its end.' },
        500: answering('The answer failed or was cancelled, and the whole of it was asked for.', 'Answer'),
        ...refusing(400, 401, 403, 404, 406, 409, 410, 413, 415, 422, 429),
      },
    },
  },
  [CHAT_SOCKET]: {
    get: {
      operationId: 'talk', summary: 'A WebSocket for one question after another (PROTOCOL.md §12)',
      responses: { 101: { description: 'Whoever asks for an upgrade sends questions, and is sent Chunks.' }, 426: problemAs('Whoever does not.'), ...refusing(401, 403) },
    },
  },
  [OPENAPI]: {
    get: { operationId: 'describe', summary: 'This description', responses: { 200: { description: 'OpenAPI 3.1.', content: { [JSON_TYPE]: { schema: { type: 'object' } } } }, ...refusing(401) } },
  },
}

function answering(description: string, schema: SchemaName): Part {
  return { description, content: { [JSON_TYPE]: { schema: schemaRef(schema) } } }
}

function bringing(schema: SchemaName): Part {
  return { requestBody: { required: true, content: { [JSON_TYPE]: { schema: schemaRef(schema) } } } }
}

function refusing(...statuses: readonly number[]): Part {
  return Object.fromEntries(statuses.map((status) => [status, problemAs(REFUSALS[status] ?? '')]))
}

function problemAs(description: string): Part {
  return { description, content: { [PROBLEM_JSON]: { schema: schemaRef('Problem') } } }
}

function query(name: string, description: string, type: string = 'string'): Part {
  return { name, in: 'query', description, schema: { type } }
}

function header(name: string, description: string): Part {
  return { name, in: 'header', description, schema: { type: 'string' } }
}
