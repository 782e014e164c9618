/** One choice of a header that weighs its choices (RFC 9110 §12.4.2): `Accept`, `Accept-Encoding`. */
export interface Weighted {
  /** In lower case. */
  readonly name: string
  /** From 0, refused, to 1. What is no quality is no wish: 0. */
  readonly q: number
}

export function weightedIn(header: string): Weighted[] {
  return header.split(',').flatMap((part) => {
    const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim().toLowerCase())
    const quality = parameters.find((parameter) => parameter.startsWith('q='))
    const q = quality === undefined ? 1 : Number(quality.slice(2))
    return name === '' ? [] : [{ name, q: q >= 0 && q <= 1 ? q : 0 }]
  })
}

/** What an `Accept` header asks for (RFC 9110 §12.5.1). */
export interface Accepted {
  /** Media ranges, the best first. */
  readonly wanted: readonly string[]
  /** Those of quality 0. */
  readonly refused: readonly string[]
}

export function acceptedBy(accept: string): Accepted {
  const ranges = weightedIn(accept)
  const wanted = ranges.filter(({ q }) => q > 0).sort((one, other) => other.q - one.q)
  return { wanted: wanted.map(({ name }) => name), refused: ranges.filter(({ q }) => q === 0).map(({ name }) => name) }
}

export function fits(type: string, range: string): boolean {
  return range.endsWith('/*') ? type.startsWith(range.slice(0, -1)) : type === range
}
