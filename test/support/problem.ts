import { expect } from 'vitest'

/** An RFC 9457 problem with this status and code, and a sentence that helps. */
export async function expectProblem(response: Response, status: number, code: string, detail: RegExp = /\w+ \w+/): Promise<void> {
  const problem: unknown = await response.json()
  expect([response.status, problem]).toEqual([status, expect.objectContaining({ status, code, detail: expect.stringMatching(detail) as string })])
  expect(response.headers.get('Content-Type')).toBe('application/problem+json')
}
