import { MillraceError } from '../event/error.ts'

/** A handler's state, as a store keeps it. @throws MillraceError `invalid_event` */
export function encodeState(state: unknown): string {
  let json: unknown
  try {
    json = JSON.stringify(state)
  } catch (cause) {
    throw noState(cause)
  }
  if (typeof json !== 'string') throw noState()
  return json
}

function noState(cause?: unknown): MillraceError {
  return new MillraceError('invalid_event', 'What a handler saves with `checkpoint` must be JSON.', { cause })
}
