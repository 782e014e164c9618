export type { SqliteDriver } from './drivers.ts'
export { sqlite } from './store.ts'
export type { SqliteOptions } from './store.ts'
