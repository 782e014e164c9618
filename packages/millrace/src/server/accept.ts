/** What an `Accept` header asks for (RFC 9110 §12.5.1). */
export interface Accepted {
  /** Media ranges, the best first. */
  readonly wanted: readonly string[]
  /** Those of quality 0. */
  readonly refused: readonly string[]
}

export function acceptedBy(accept: string): Accepted {
  const ranges = accept
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
      const quality = parameters.find((parameter) => parameter.startsWith('q='))
      return { range, q: quality === undefined ? 1 : Number(quality.slice(2)) }
    })
    .filter(({ range }) => range !== '')
  const wanted = ranges.filter(({ q }) => q > 0).sort((one, other) => other.q - one.q)
  return { wanted: wanted.map(({ range }) => range), refused: ranges.filter(({ q }) => q === 0).map(({ range }) => range) }
}

export function fits(type: string, range: string): boolean {
  return range.endsWith('/*') ? type.startsWith(range.slice(0, -1)) : type === range
}
