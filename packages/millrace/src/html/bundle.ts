/** The browser's script, `browser/form.ts`, with the client in it. */
export interface FormScript {
  readonly code: string
  /** For the `integrity` attribute: SHA-384 of the code. */
  readonly integrity: string
  /** A file name that changes with the code, so it may be kept for ever. */
  readonly name: string
}

/** Empty in the source: the build bundles the script and writes it here, in `dist` (scripts/lib/bundle-form.mjs). */
export const bundle: FormScript = { code: '', integrity: '', name: '' }
