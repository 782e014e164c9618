import { MillraceError } from '../../event/error.ts'
import { isRunId } from '../../protocol/routes.ts'
import type { SessionRequest, TurnRequest } from '../../protocol/chat.ts'

/** In whose name something is asked. Empty where no sessions are used: then `headers` or a cookie says it. */
export interface ChatContext {
  readonly sessionId?: string
  readonly token?: string
  readonly conversationId?: string
}

/** A context in which something can be asked about. */
export interface ConversationContext extends ChatContext {
  readonly conversationId: string
}

/** What a field must be, in words and by a test. */
type Rule = readonly [wanted: string, holds: (value: unknown) => boolean]
type Rules = Readonly<Record<string, Rule>>

const TEXT: Rule = ['a text that is not empty', (value) => typeof value === 'string' && value !== '']
const TOKEN: Rule = ['the token that `session` gave', (value) => isVisible(value)]
const KEY: Rule = ['1 to 255 visible ASCII characters', (value) => isVisible(value) && value.length < 256]
const CONVERSATION: Rule = ['the id that `startConversation` gave', isId]
const TURN: Rule = ['the id of a turn', isId]
const PARENT: Rule = ['the id of a turn, or null', (value) => value === null || isId(value)]

const SESSION: Rules = { instanceId: TEXT, userId: TEXT, projectId: TEXT }
const CONTEXT: Rules = { sessionId: TEXT, token: TOKEN, conversationId: CONVERSATION }
const REQUEST: Rules = { query: TEXT, parent: PARENT, supersedes: TURN, continues: TURN, model: TEXT, key: KEY }

/** @throws MillraceError `invalid_request` */
export function checkSession(request: SessionRequest): void {
  check('session', request, SESSION)
}

/** @param needed without which nothing can be asked @throws MillraceError `invalid_request` */
export function checkContext(context: ChatContext, ...needed: readonly (keyof ChatContext)[]): void {
  check('context', context, CONTEXT, needed)
  // A session's id proves nothing to anybody.
  if (context.sessionId !== undefined) check('context', context, { token: TOKEN }, ['token'])
}

/** @throws MillraceError `invalid_request` */
export function checkRequest(request: Omit<TurnRequest, 'stream'> & { readonly key?: string }): void {
  check('request', request, REQUEST, request.supersedes === undefined && request.continues === undefined ? ['query'] : [])
}

/** @throws MillraceError `invalid_request` */
export function checkTurn(turn: string): void {
  check('request', { turn }, { turn: TURN }, ['turn'])
}

function check(name: string, given: object, rules: Rules, needed: readonly string[] = []): void {
  for (const [field, [wanted, holds]] of Object.entries(rules)) {
    const value = (Object(given) as Readonly<Record<string, unknown>>)[field]
    if (value === undefined ? needed.includes(field) : !holds(value)) {
      throw new MillraceError('invalid_request', `\`${field}\` of the ${name} ${value === undefined ? 'is missing: it is' : 'must be'} ${wanted}.`)
    }
  }
}

function isId(value: unknown): boolean {
  return typeof value === 'string' && isRunId(value)
}

/** What a header can say. */
function isVisible(value: unknown): value is string {
  return typeof value === 'string' && /^[!-~]+$/.test(value)
}
