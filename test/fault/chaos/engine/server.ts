import type { StoreHarness } from '../../../../packages/millrace/src/store/testing/harness.ts'
import type { Engine as Program } from '../../../support/engines.ts'
import type { Row } from '../oracle/evidence.ts'
import type { Engine, EngineSort } from './engine.ts'

/** A server of some sort, in a folder of its own. */
interface Started extends AsyncDisposable {
  readonly url: string
  start(): Promise<void>
  kill(): Promise<void>
}

interface ServerSort {
  readonly scheme: string
  readonly program: Program
  /** Where its servers listen unless an address says otherwise. */
  readonly port: number
  readonly launch: () => Promise<Started>
  readonly readRows: (url: string, run: string) => Promise<readonly Row[] | null>
  /** On data of its own in the server at `url`. */
  readonly harness: (url: string) => StoreHarness
}

/** What is reached by a URL: started for the storm, or somebody's own. */
export function serverSort({ scheme, program, port, launch, readRows, harness }: ServerSort): EngineSort {
  const at = (url: string, started: Started | null): Engine => {
    const { hostname, port: named } = new URL(url)
    const endpoint = { host: hostname, port: named === '' ? port : Number(named) }
    return {
      endpoint,
      crash: started,
      address(by = endpoint) {
        const through = new URL(url)
        through.hostname = by.host
        through.port = String(by.port)
        return through.href
      },
      readRows: (run) => readRows(url, run),
      close: async () => started?.[Symbol.asyncDispose](),
    }
  }
  return {
    scheme, program,
    async start(address) {
      if (address !== scheme) return at(address, null)
      const started = await launch()
      return at(started.url, started)
    },
    harness: (engine) => harness(engine.address()),
  }
}
