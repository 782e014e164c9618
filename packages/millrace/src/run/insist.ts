import { hasCode } from '../event/error.ts'

const DELAY = 100

/** Repeats a call of the store whose outcome is unknown, unchanged, until it is answered or refused, or `patience` ms have passed. */
export async function insist<T>(call: () => Promise<T>, patience: number): Promise<T> {
  const begun = performance.now()
  for (;;) {
    try {
      return await call()
    } catch (error) {
      const unknown = hasCode(error, 'store_busy') || hasCode(error, 'store_failed')
      if (!unknown || performance.now() - begun > patience) throw error
      await new Promise((resolve) => setTimeout(resolve, DELAY))
    }
  }
}
