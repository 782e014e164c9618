import type * as FastCheck from 'fast-check'

/**
 * What a history is made of: plain data that names things by small numbers (the newest lease, the
 * one before it, …), so that it means something wherever it stands and shrinks and prints well.
 */
export type Operation =
  | SingleOperation
  /** All at once, on one run, by alternate handles. */
  | { readonly do: 'race'; readonly run: number; readonly ops: readonly SingleOperation[] }
  | { readonly do: 'wait'; readonly shorts: number }
  | { readonly do: 'crash' }

export type SingleOperation = { readonly run: number; readonly via: number } & (
  | { readonly do: 'create'; readonly again: boolean; readonly ttl: Ttl; readonly expires: boolean }
  | { readonly do: 'acquire'; readonly again: boolean; readonly ttl: Ttl; readonly revoke: boolean }
  | AppendOperation
  /** One of the last writes again, unchanged, as if its answer had been lost. */
  | { readonly do: 'repeat'; readonly write: number }
  | { readonly do: 'read'; readonly after: number }
  | { readonly do: 'signal'; readonly id: number }
  | { readonly do: 'seal'; readonly rows: number }
  | { readonly do: 'delete' }
)

export type Ttl = 'none' | 'short' | 'long'

export interface AppendOperation {
  readonly do: 'append'
  /** 0: under the newest lease that was given out. */
  readonly lease: number
  /** 0: from the tail. */
  readonly from: number
  readonly entries: number
  /** Its deltas are one line. */
  readonly joined: boolean
  readonly checkpoint: boolean
  readonly consumed: number
  readonly then: 'go on' | 'end' | 'queued' | 'waiting'
}

export function historiesOf(fc: typeof FastCheck): FastCheck.Arbitrary<Operation[]> {
  const single = singles(fc)
  const race = fc.record({ do: fc.constant('race' as const), run: runs(fc), ops: fc.array(single, { minLength: 2, maxLength: 3 }) })
  const wait = fc.record({ do: fc.constant('wait' as const), shorts: fc.integer({ min: 1, max: 3 }) })
  const operation: FastCheck.Arbitrary<Operation> = fc.oneof(
    { weight: 24, arbitrary: single },
    { weight: 4, arbitrary: race },
    { weight: 1, arbitrary: wait },
    { weight: 1, arbitrary: fc.constant({ do: 'crash' as const }) },
  )
  const first = creates(fc, { run: fc.constant(0), via: fc.nat(1) })
  return fc.tuple(first, fc.array(operation, { maxLength: 40, size: 'max' })).map(([create, rest]) => [create, ...rest])
}

/** Two runs, one of them the main one: a history gets somewhere with it and still sees what mixes runs up. */
function runs(fc: typeof FastCheck): FastCheck.Arbitrary<number> {
  return fc.constantFrom(0, 0, 0, 1)
}

function singles(fc: typeof FastCheck): FastCheck.Arbitrary<SingleOperation> {
  const on = { run: runs(fc), via: fc.nat(1) }
  const seldom = fc.constantFrom(false, false, false, true)
  const lease = fc.constantFrom<Ttl>('long', 'long', 'short')
  const acquire = fc.record({ ...on, do: fc.constant('acquire' as const), again: seldom, ttl: lease, revoke: fc.boolean() })
  return fc.oneof(
    { weight: 10, arbitrary: creates(fc, on) },
    { weight: 8, arbitrary: acquire },
    { weight: 30, arbitrary: appends(fc, on) },
    { weight: 8, arbitrary: fc.record({ ...on, do: fc.constant('repeat' as const), write: fc.constantFrom(0, 0, 0, 1) }) },
    { weight: 2, arbitrary: fc.record({ ...on, do: fc.constant('read' as const), after: fc.nat(20) }) },
    { weight: 6, arbitrary: fc.record({ ...on, do: fc.constant('signal' as const), id: fc.nat(3) }) },
    { weight: 5, arbitrary: fc.record({ ...on, do: fc.constant('seal' as const), rows: fc.integer({ min: 1, max: 9 }) }) },
    { weight: 1, arbitrary: fc.record({ ...on, do: fc.constant('delete' as const) }) },
  )
}

interface On {
  readonly run: FastCheck.Arbitrary<number>
  readonly via: FastCheck.Arbitrary<number>
}

function creates(fc: typeof FastCheck, on: On): FastCheck.Arbitrary<SingleOperation> {
  return fc.record({
    ...on,
    do: fc.constant('create' as const),
    again: fc.constantFrom(false, false, false, true),
    ttl: fc.constantFrom<Ttl>('long', 'short', 'none'),
    expires: fc.boolean(),
  })
}

function appends(fc: typeof FastCheck, on: On): FastCheck.Arbitrary<SingleOperation & AppendOperation> {
  const goOn = { weight: 12, arbitrary: fc.constant('go on' as const) }
  return fc.record({
    ...on,
    do: fc.constant('append' as const),
    lease: fc.constantFrom(0, 0, 0, 0, 1, 2),
    from: fc.constantFrom(0, 0, 0, 0, 0, 0, -1, 1),
    entries: fc.nat(3),
    joined: fc.boolean(),
    checkpoint: fc.boolean(),
    consumed: fc.constantFrom(0, 0, 1, 2),
    then: fc.oneof(goOn, { weight: 3, arbitrary: fc.constantFrom('queued' as const, 'waiting' as const, 'end' as const) }),
  })
}
