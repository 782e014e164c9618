/** How many bytes `work` copies from one array into another. */
export function countCopies(work: () => void): number {
  const { set } = Uint8Array.prototype
  let copied = 0
  Uint8Array.prototype.set = function (source: ArrayLike<number>, at?: number): void {
    copied += source.length
    set.call(this, source, at)
  }
  try {
    work()
  } finally {
    Uint8Array.prototype.set = set
  }
  return copied
}
