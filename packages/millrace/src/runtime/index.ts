/** Millrace on Node: serve a handler, or mount it in `node:http`, Express or Fastify. @module */
export { serve } from './node/serve.ts'
export type { Served, ServeOptions } from './node/serve.ts'
export { toNodeHandler } from './node/handler.ts'
export type { FetchHandler, Next } from './node/handler.ts'
export { acceptWebSockets } from './node/upgrade.ts'
export type { AcceptedWebSockets } from './node/upgrade.ts'
export { compression } from './node/compress.ts'
export type { Coding } from '../server/compress.ts'
