/** A secret that signs sessions. */
export interface SessionKey {
  /** Stands in each token that it signed, and says nothing of the secret. */
  readonly id: string
  /** At least 32 random bytes. */
  readonly secret: Uint8Array
  /** Since when another one signs, in ms since the epoch. What it signed runs out one life of a session later, and it holds no longer. */
  readonly retiredAt?: number
}

export interface SessionKeys {
  /** Signs. */
  readonly current: SessionKey
  /** Still known, so that nobody is sent away when the secret changes. */
  readonly previous?: readonly SessionKey[]
}

/** Where keys are kept that may change while the process runs: asked for each new session, and now and then. */
export interface SessionKeySource {
  readonly load: () => SessionKeys | Promise<SessionKeys>
}
