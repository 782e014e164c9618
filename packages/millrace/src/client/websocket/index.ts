/** The client's runs over one WebSocket, in browsers and elsewhere. @module */
export { overWebSocket, type WebSocketOptions } from './host.ts'
export type { WebSocketConstructor, WebSocketLike } from './link.ts'
export type { Host } from '../host.ts'
