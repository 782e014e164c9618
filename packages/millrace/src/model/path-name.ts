import { MillraceError } from '../event/error.ts'

/**
 * What a local model is called: the last part of its path.
 * @param path whatever the types say: it often comes from a variable that nobody set
 * @throws MillraceError `invalid_request`
 */
export function pathName(source: string, path: unknown): string {
  if (typeof path !== 'string' || path === '') throw new MillraceError('invalid_request', `${source} needs a \`path\`: where the model lies.`)
  return path.split(/[/\\]/).findLast((part) => part !== '') ?? ''
}
