import type { Models } from './models/choices.ts'
import { documentPage } from './reader/document-page.ts'
import { refusal } from './guard.ts'
import type { GuardOptions } from './guard.ts'
import { problem, serveAsset, toAsset } from './responses.ts'
import type { Asset } from './responses.ts'
import type { SearchIndex } from './search/search-index.ts'

const encoder = new TextEncoder()

export interface SiteOptions extends GuardOptions {
  readonly assets: ReadonlyMap<string, Asset>
  readonly index: SearchIndex
  /** Who may answer and who does, as of now. */
  readonly models: () => Models
  /** Answers everything that is neither a file of the page nor a document. */
  readonly runs: { fetch(request: Request): Promise<Response> }
}

/** The whole application as one function from request to response. */
export function createSite(options: SiteOptions): { fetch(request: Request): Promise<Response> } {
  const assetNamed = (ending: string): string => [...options.assets.keys()].find((path) => path.endsWith(ending)) ?? ''
  const look = { documents: options.index.documents, style: assetNamed('.css'), icon: assetNamed('.svg') }
  const showDocument = (request: Request, path: string): Response => {
    const document = options.index.documents.get(decodePath(path.slice('/docs/'.length)))
    if (!document) return problem(404, 'not_found', 'There is no such document in the index.')
    const html = documentPage(document, look)
    return serveAsset(request, toAsset(encoder.encode(html), 'text/html; charset=utf-8', false))
  }
  return {
    async fetch(request) {
      const refused = refusal(request, options)
      if (refused) return refused
      const path = new URL(request.url).pathname
      const asset = options.assets.get(path)
      if (asset) return serveAsset(request, asset)
      if (path.startsWith('/docs/')) return showDocument(request, path)
      if (path === '/models') return serveJson(request, options.models())
      if (path === '/v1/models') return serveJson(request, listed(options.models()))
      return options.runs.fetch(request)
    },
  }
}

/** Clients of OpenAI's API let a person choose from this; every answer names itself so, whichever was chosen. */
function listed({ current }: Models): object {
  return { object: 'list', data: [{ id: 'millrace/answer', object: 'model', created: 0, owned_by: current }] }
}

function serveJson(request: Request, value: object): Response {
  return serveAsset(request, toAsset(encoder.encode(JSON.stringify(value)), 'application/json', false))
}

/** A path that cannot be decoded names no document. */
function decodePath(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return ''
  }
}
