/** What the readers count: one in every event, and in nothing else a contender sends. */
export const MARK = '~'
/** The text of one event: what a token of a model weighs on the wire, once its JSON is around it. */
export const TOKEN = `forty characters of an answer, or there${MARK}`
/** One event of about 100 bytes, as those send it who say nothing of its form; no id, as the peers send none. */
export const EVENT = { type: 'delta', block: 0, kind: 'text', nth: 0, text: TOKEN }
export const JSON_EVENT = JSON.stringify(EVENT)
export const SSE_EVENT = `data: ${JSON_EVENT}\n\n`
