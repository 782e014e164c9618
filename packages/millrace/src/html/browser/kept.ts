/** One word that outlives a reload, in this tab alone. A browser that keeps nothing for this site only forgets. */
export class Kept {
  readonly #key: string

  constructor(key: string) {
    this.#key = key
  }

  read(): string | null {
    return attempt(() => sessionStorage.getItem(this.#key))
  }

  write(word: string): void {
    attempt(() => sessionStorage.setItem(this.#key, word))
  }

  forget(): void {
    attempt(() => sessionStorage.removeItem(this.#key))
  }
}

function attempt<T>(use: () => T): T | null {
  try {
    return use()
  } catch {
    return null
  }
}
