import type { Json } from '../event/run-event.ts'

/** Deeper than anybody's JSON is meant to be, and far from where whoever writes it by recursion fails. */
const MOST_LEVELS = 100

/** JSON as a model or a tool wrote it; `undefined` for what is none, or is nested too deep to be written again. */
export function parsePlain(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json
    return isDeeper(value, MOST_LEVELS) ? undefined : value
  } catch {
    return undefined
  }
}

function isDeeper(value: Json, levels: number): boolean {
  if (value === null || typeof value !== 'object') return false
  return levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1))
}

/**
 * Whether it has a key by which a careless reader would change a prototype: careful ones refuse all that it
 * stands in. What is too deep to be looked through is no better.
 */
export function hasPrototype(value: unknown, levels: number = MOST_LEVELS): boolean {
  if (value === null || typeof value !== 'object') return false
  return levels === 0 || namesPrototype(value) || Object.values(value).some((inner) => hasPrototype(inner, levels - 1))
}

function namesPrototype(value: object): boolean {
  if (Object.hasOwn(value, '__proto__')) return true
  const own: unknown = Object.hasOwn(value, 'constructor') ? value.constructor : null
  return typeof own === 'object' && own !== null && Object.hasOwn(own, 'prototype')
}

/** The same without such keys; what lies too deep is `null`. */
export function withoutPrototype(value: Json, levels: number = MOST_LEVELS): Json {
  if (value === null || typeof value !== 'object') return value
  if (levels === 0) return null
  if (Array.isArray(value)) return (value as readonly Json[]).map((inner) => withoutPrototype(inner, levels - 1))
  const left = Object.entries(value).filter(([key]) => key !== '__proto__' && !(key === 'constructor' && namesPrototype(value)))
  return Object.fromEntries(left.map(([key, inner]) => [key, withoutPrototype(inner, levels - 1)]))
}
