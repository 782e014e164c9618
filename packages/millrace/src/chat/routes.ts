import { MillraceError } from '../event/error.ts'
import { CHAT_SOCKET, CONVERSATIONS, OPENAPI, SESSIONS, TURNS } from '../protocol/chat.ts'
import type { Authenticate } from '../server/authenticate.ts'
import type { Endpoint, TakeSocket } from '../server/endpoint.ts'
import { jsonResponse } from '../server/respond.ts'
import { SocketSession } from '../server/socket/session.ts'
import { createConversation, deleteConversation, listConversations, readConversation, renameConversation } from './conversation-routes.ts'
import { openApiOf } from './openapi.ts'
import { sessionEndpoint } from './session-route.ts'
import type { Chat } from './settings.ts'
import { ChatTalk } from './socket-talk.ts'
import { askTurn, readTurns } from './turn-routes.ts'

/** What a chat answers below its path (PROTOCOL.md §12); `null` where nothing is. */
export function endpointAt(chat: Chat, segments: readonly string[]): Endpoint | null {
  const [first = '', id, below, ...deeper] = segments
  if (segments.length === 1 && `/${first}` !== CONVERSATIONS) return singleAt(chat, `/${first}`)
  if (`/${first}` !== CONVERSATIONS || deeper.length > 0 || id === '') return null
  if (id === undefined) return CONVERSATION_LIST
  if (below === undefined) return conversationEndpoint(id)
  return `/${below}` === TURNS ? turnEndpoint(chat, id) : null
}

/** Who may open a session is asked otherwise than who has one. */
export function proofAt({ sessions }: Chat, segments: readonly string[]): Authenticate | undefined {
  return isAlone(segments, SESSIONS) ? sessions?.signIn : undefined
}

export function socketAt(chat: Chat, segments: readonly string[]): TakeSocket | null {
  if (!isAlone(segments, CHAT_SOCKET)) return null
  return (context, login, socket) => new SocketSession(context, login, socket, (say) => new ChatTalk(context, chat, socket, say))
}

function isAlone(segments: readonly string[], path: string): boolean {
  return segments.length === 1 && `/${String(segments[0])}` === path
}

function singleAt({ sessions }: Chat, path: string): Endpoint | null {
  if (path === SESSIONS) return sessions && sessionEndpoint(sessions)
  if (path === OPENAPI) return { GET: async () => jsonResponse(openApiOf(sessions !== null), 200) }
  return path === CHAT_SOCKET ? NO_UPGRADE : null
}

const NO_UPGRADE: Endpoint = {
  GET: async () => {
    throw new MillraceError('upgrade_required', 'Here questions are asked over a WebSocket. Over HTTP they are POSTed to their conversation.')
  },
}

const CONVERSATION_LIST: Endpoint = { GET: listConversations, POST: createConversation }

function conversationEndpoint(id: string): Endpoint {
  return {
    GET: (context, _request, caller) => readConversation(context, caller, id),
    PATCH: (context, request, caller) => renameConversation(context, request, caller, id),
    DELETE: (context, _request, caller) => deleteConversation(context, caller, id),
  }
}

function turnEndpoint(chat: Chat, id: string): Endpoint {
  return {
    GET: (context, request, caller) => readTurns(context, chat, request, caller, id),
    POST: (context, request, caller) => askTurn(context, chat, request, caller, id),
  }
}
