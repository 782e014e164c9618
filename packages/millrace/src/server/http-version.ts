import { BridgedRequest, type Inquiry } from './inquiry.ts'

/** A Web request does not say in which version it came. Only the old ones are kept: they are rare. */
const old = new WeakSet<Request>()

/** Called by a bridge that knows. */
export function markHttp10(request: Request): void {
  old.add(request)
}

export function isHttp10(request: Inquiry): boolean {
  return request instanceof BridgedRequest ? request.isHttp10 : old.has(request)
}
