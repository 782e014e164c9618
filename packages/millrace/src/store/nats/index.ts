export { nats } from './store.ts'
export type { NatsOptions } from './store.ts'
export type { NatsConnection } from './clients.ts'
