/** A timer that does not keep a process alive, where the runtime has that notion. */
export function unref(timer: unknown): void {
  const { unref } = timer as { readonly unref?: () => void }
  if (typeof unref === 'function') unref.call(timer)
}
