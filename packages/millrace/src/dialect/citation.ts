import type { SourceEvent } from '../event/run-event.ts'

/** A source as readers of chunks know it. */
export interface Citation {
  readonly title: string
  readonly url?: string | undefined
  /** From 0 to 1. */
  readonly relevanceScore?: number | undefined
  readonly contentExcerpt?: string | undefined
}

export function citationOf({ title, url, relevance, excerpt }: Omit<SourceEvent, 'type'>): Citation {
  return { title, url, relevanceScore: relevance, contentExcerpt: excerpt }
}
