import type { Dialect, DocumentHead } from '../../dialect/dialect.ts'
import type { Json } from '../../event/run-event.ts'
import type { Snapshot } from '../../event/snapshot.ts'
import { keyedGroupId } from '../../run/ids.ts'
import type { Endpoint } from '../endpoint.ts'

/** A route in the form a dialect's own clients expect: its requests become runs of one kind. */
export interface DialectRoute {
  readonly kind: string
  readonly dialect: Dialect
  /** The kind's input from the request's body; throws `PublicError` where there is none in it. */
  readonly input: (body: Json) => Json
}

/** What a vendor's clients ask for beside that one `POST`. */
export interface Vendor {
  /** What the body names besides the input. @throws PublicError where it is malformed */
  readonly naming?: (body: Json) => Naming
  /** What is answered where neither the body nor `Accept` decides. Default: a stream. */
  readonly fallback?: (body: Json) => 'document' | 'sse'
  /** Where a body may ask not to be kept waiting, though it asks for no stream: it is answered with how the run stands, at once. */
  readonly background?: Background
  /** What lies below the route's own path, and at it beside that `POST` where there are no segments; `null` where nothing does. */
  readonly below?: (route: DialectRoute, segments: readonly string[]) => Endpoint | null
}

export interface Background {
  readonly asked: (body: Json) => boolean
  /** The run as a document, however far it is. */
  readonly report: (head: DocumentHead, snapshot: Snapshot) => object
}

/** Names of the client's own. They mean something to their principal alone. */
export interface Naming {
  /** The same key joins the same run; an `Idempotency-Key` beats it. */
  readonly key?: string
  /** Whose newest run is found again by {@link conversationGroup}. */
  readonly conversation?: string
  /** The message that the run goes on with. */
  readonly message?: string
}

/** The group of the runs of one conversation, which has an id of the client's own. */
export function conversationGroup(principal: string, conversation: string): Promise<string> {
  return keyedGroupId(principal, conversation)
}
