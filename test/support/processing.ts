import fc from 'fast-check'

interface SyncMachine<In, Out> {
  push(said: In): readonly Out[]
  end(): readonly Out[]
}
interface Cut {
  readonly text: string
  readonly pieces: readonly string[]
}

/** A text, and the same cut at any places, also inside characters and line ends. */
export function cutAnywhere(text: string): fc.Arbitrary<Cut> {
  return fc.array(fc.nat(text.length), { maxLength: 12 }).map((places) => {
    const cuts = [0, ...places.sort((a, b) => a - b), text.length]
    return { text, pieces: cuts.slice(1).map((cut, at) => text.slice(cuts[at], cut)) }
  })
}

/** One by one; halves of a surrogate pair only where the other is missing. */
export function charactersOf(text: string): string[] {
  return Array.from(text)
}

/** All that a machine says of these pieces. */
export function run<In, Out>(machine: SyncMachine<In, Out>, pieces: readonly In[]): Out[] {
  return [...pieces.flatMap((piece) => machine.push(piece)), ...machine.end()]
}

interface Said {
  readonly text: string
  readonly match?: string
  readonly code?: object
}

/** Pieces without the borders that only say where the text was cut: two of the same sort are one. */
export function joined<P extends Said>(pieces: readonly P[]): P[] {
  const all: P[] = []
  for (const piece of pieces) {
    const last = all.at(-1)
    const isSame = last && last.code === piece.code && last.match === undefined && piece.match === undefined
    if (isSame) all[all.length - 1] = { ...last, text: last.text + piece.text }
    else if (piece.text !== '' || piece.code) all.push(piece)
  }
  return all
}

/** Pieces as something that comes over time. */
export async function* coming<T>(pieces: Iterable<T>): AsyncGenerator<T, void> {
  for (const piece of pieces) {
    await Promise.resolve()
    yield piece
  }
}

/** All that comes, once it has come. */
export async function all<T>(source: AsyncIterable<T>): Promise<T[]> {
  const values: T[] = []
  for await (const value of source) values.push(value)
  return values
}
