import { createChatClient } from 'millrace/client'
import type { ChatClient } from 'millrace/client'
import { Line } from './connection/line.ts'

/** Everything the page asks of the chat goes over this line, so that cutting it cuts everything. */
export const line: Line = new Line()

/** Nobody signs in here, so there are no sessions, and every context is empty but for its conversation. */
export const chat: ChatClient = createChatClient('/', { path: '/chat', host: line.host })
