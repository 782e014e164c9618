/** Reads an answer in a terminal: from its log, to its end, also while it is written. */
export function curlOf(turn: string, origin: string): string {
  return `curl -N -H 'Accept: text/plain' '${origin}/runs/${turn}'`
}
