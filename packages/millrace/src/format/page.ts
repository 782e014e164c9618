import type { Format } from './format.ts'
import { plainText } from './text.ts'

/** One HTML page, drawn as it comes: no cursors, and comments for a heartbeat. */
export const htmlPage: Format = {
  name: 'page',
  mediaType: 'text/html; charset=utf-8',
  cursors: false,
  frame: plainText.frame,
  heartbeat: new TextEncoder().encode('<!---->'),
}
