import { createSessions, type Sessions, type SessionKeys } from 'millrace/chat'

/** The service of docs/sessions.md that opens sessions for its own users. */
export function sessionsForUsers(keys: SessionKeys, serviceOf: (request: Request) => string | null): Sessions {
  const forItsUsers = createSessions({
    keys,
    authenticate: serviceOf,
    authorize: (principal, { userId }) => principal === 'backend' && userId !== undefined,
  })
  return forItsUsers
}
