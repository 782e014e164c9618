import type { Json, ProgressFeed } from '../event/run-event.ts'
import type { CreateRun, Policy, RunId } from '../store/store.ts'
import type { AnyRunDefinition } from './define.ts'
import { randomNonce } from './ids.ts'

/** A run to be made. */
export interface NewRun {
  readonly id: RunId
  readonly kind: string
  readonly principal: string
  readonly digest: string
  readonly message: string | undefined
  /** As it was sent. */
  readonly input: Json
  /** What the kind's check made of it. */
  readonly checked: unknown
  readonly feed: ProgressFeed | null
}

const TITLE_LENGTH = 200

const encoder = new TextEncoder()

/** @param ttl of the creator's lease, in ms; 0: the run waits for somebody */
export function newRun(definition: AnyRunDefinition, { id, kind, principal, digest, message, input, checked, feed }: NewRun, policy: Policy, ttl: number): CreateRun {
  return {
    kind, principal, digest, ttl,
    title: (definition.title?.(checked as never) ?? '').slice(0, TITLE_LENGTH),
    input: JSON.stringify(input),
    policy: { ...policy, retention: definition.retention ?? policy.retention },
    start: encoder.encode(JSON.stringify({ type: 'start', run: id, kind, message, ...(feed === null ? {} : { progress: feed }) })),
    nonce: randomNonce(),
  }
}
