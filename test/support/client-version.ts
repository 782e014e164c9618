import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const modules = join(import.meta.dirname, '..', '..', 'node_modules')

/** A vendor's client as docs/interop.md names it: the package and the version that is installed here. */
export function clientOf(name: string): string {
  const { version } = JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')) as { readonly version: string }
  return `${name} ${version}`
}
