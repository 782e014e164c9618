import type { Refusal } from './retry.ts'

/** The part of an API error that both official clients share: one generator wrote them. */
interface ApiError {
  readonly status?: number | undefined
  readonly headers?: { readonly get: (name: string) => string | null } | undefined
}

/** What an error of `openai` or `@anthropic-ai/sdk` says; of any other that no answer came. */
export function refusalOf(error: unknown): Refusal {
  const { status, headers } = typeof error === 'object' && error !== null ? (error as ApiError) : {}
  return { status: status ?? null, header: (name) => headers?.get(name) ?? null }
}
