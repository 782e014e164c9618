import type { SessionRequest } from '../protocol/chat.ts'
import type { Endpoint } from '../server/endpoint.ts'
import { readInput } from '../server/request-body.ts'
import { jsonResponse } from '../server/respond.ts'
import type { Sessions } from './sessions.ts'

/** `POST /sessions` */
export function sessionEndpoint(sessions: Sessions): Endpoint {
  return {
    POST: async ({ limits }, request, caller) => {
      // Its form is checked where it is opened, as that of one that is opened in this process.
      const body = (await readInput(request, limits.body, limits.depth)) as SessionRequest
      return jsonResponse(await sessions.open(caller, body), 201)
    },
  }
}
