import { CONVERSATIONS, SESSIONS, TURNS } from '../protocol/chat.ts'
import type { Endpoint } from '../server/endpoint.ts'
import { createConversation, deleteConversation, listConversations, readConversation, renameConversation } from './conversation-routes.ts'
import type { Chat } from './settings.ts'
import { askTurn, readTurns } from './turn-routes.ts'

/** What a chat answers below its path (PROTOCOL.md §12); `null` where nothing is. */
export function endpointAt(chat: Chat, segments: readonly string[]): Endpoint | null {
  const [first = '', id, below, ...deeper] = segments
  if (segments.length === 1 && `/${first}` === SESSIONS) return chat.sessions
  if (`/${first}` !== CONVERSATIONS || deeper.length > 0 || id === '') return null
  if (id === undefined) return CONVERSATION_LIST
  if (below === undefined) return conversationEndpoint(id)
  return `/${below}` === TURNS ? turnEndpoint(chat, id) : null
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
