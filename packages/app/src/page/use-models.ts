import { useEffect, useState } from 'react'
import type { Models } from '../models/choices.ts'

/** Who answers here and who else could; `null` while that is not known. */
export function useModels(): Models | null {
  const [models, setModels] = useState<Models | null>(null)
  useEffect(() => {
    const leaving = new AbortController()
    // An extra: without it everything else works.
    load(leaving.signal).then(setModels, () => undefined)
    return () => leaving.abort()
  }, [])
  return models
}

async function load(signal: AbortSignal): Promise<Models | null> {
  const response = await fetch('/models', { signal })
  return response.ok ? ((await response.json()) as Models) : null
}
