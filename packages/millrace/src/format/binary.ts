import type { Format } from './format.ts'
import { plainText } from './text.ts'

/** Raw bytes and nothing beside them: no cursors, no heartbeats, no way to tell an end from a cut but the body's own. */
export const rawBytes: Format = { name: 'binary', mediaType: 'application/octet-stream', cursors: false, frame: plainText.frame, heartbeat: null }
