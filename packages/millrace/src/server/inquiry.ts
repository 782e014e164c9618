type Listening = Pick<Headers, 'get' | 'has'>

/**
 * A request that a runtime's bridge passes on as it has it. A Web `Request` made of it, with its headers, its
 * signal and a stream for a body, costs as much as a tenth of a start; so only the app's own code is given one.
 */
export abstract class BridgedRequest {
  abstract readonly method: string
  abstract readonly url: string
  abstract readonly headers: Listening
  /** Aborted when whoever asked has left. */
  abstract readonly signal: AbortSignal
  abstract readonly isHttp10: boolean
  /** Made when it is asked for; from then on the body is read through it. */
  abstract readonly web: Request
  /** `null` once `web` was asked for. */
  abstract readonly message: BodySource | null
}

/** A body that is handed over as it comes. */
export interface BodySource {
  /**
   * Resolves at the body's end. What `take` throws ends it, and the rest is read and thrown away.
   * @throws where the body was cut short
   */
  read(take: (bytes: Uint8Array) => void): Promise<void>
}

/** A request as the routes read it. */
export type Inquiry = Request | BridgedRequest

/** As everybody else knows one. */
export function webRequest(inquiry: Inquiry): Request {
  return inquiry instanceof BridgedRequest ? inquiry.web : inquiry
}

type Fetch = (request: Request) => Response | Promise<Response>
type Answer = (inquiry: BridgedRequest) => Promise<Response>

const answers = new WeakMap<Fetch, Answer>()

/** Lets a bridge ask without a Web request. Known by the very function: whoever puts another in its place is asked as ever. */
export function takeInquiries(fetch: Fetch, answer: Answer): void {
  answers.set(fetch, answer)
}

/** `undefined` where only a Web request will do. */
export function answerOf(fetch: Fetch): Answer | undefined {
  return answers.get(fetch)
}
