/** The text of one event: with its JSON about 100 bytes, what a token of a model weighs on the wire. */
export const TOKEN = 'forty characters of an answer, or there.'
