import type { Store } from '../../../../packages/millrace/src/index.ts'
import type { StoreHarness } from '../../../../packages/millrace/src/store/testing/harness.ts'
import type { Engine as Program } from '../../../support/engines.ts'
import type { Row } from '../oracle/evidence.ts'

/** Where a server listens. */
export interface Endpoint {
  readonly host: string
  readonly port: number
}

/** An engine that a storm goes over: one that was started for it, or one that somebody gave the URL of. */
export interface Engine {
  /** As `openStore` takes it. @param by what to reach the engine through, in place of its own endpoint */
  address(by?: Endpoint): string
  /** `null`: it is a file, and there is no link to break. */
  readonly endpoint: Endpoint | null
  /** SIGKILL and a new start with what it had on disk; `null` where it is no process of ours. */
  readonly crash: { kill(): Promise<void>; start(): Promise<void> } | null
  /** Every entry of a run as the engine itself tells it, with no store of ours between: the text of its rows. `null`: not read so. */
  readRows(run: string): Promise<readonly Row[] | null>
  close(): Promise<void>
}

/** One sort of engine, in a file of its own. Another is added to the list in `engines.ts`, and its store to that in `stores.ts`; nothing else knows them. */
export interface EngineSort {
  /** What begins an address of it: `redis` for `redis://…`. */
  readonly scheme: string
  /** What has to be on the machine to start one. */
  readonly program: Program | null
  /** @param address the whole of it, or the scheme alone: then the engine is started in a folder of its own */
  readonly start: (address: string) => Promise<Engine>
  /** For random histories, each on data of its own in that engine. */
  readonly harness: (engine: Engine) => StoreHarness
}

/** A store on an address of that scheme, in any process. */
export type StoreOpener = (address: string) => Store
