import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { bundleForm } from './bundle-form.mjs'
import { root } from './root.mjs'
import { must } from './run.mjs'

const library = join(root, 'packages', 'millrace')
const outputs = [join(library, 'dist'), join(root, 'packages', 'app', 'dist')]
// In node_modules, so that a new install builds anew.
const stamp = join(root, 'node_modules', '.millrace-build')

/** Builds the library and the application when a source changed since the last build. */
export async function buildIfStale() {
  const now = fingerprint()
  if (outputs.every(existsSync) && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return
  await build()
  writeFileSync(stamp, now)
}

export async function build() {
  console.error('Building…')
  await must('tsc', ['-b', 'packages/millrace'])
  removeOrphans()
  await bundleForm(library)
  await must('npm', ['run', '--silent', 'build', '-w', 'packages/app', '--if-present'])
}

// By content, not by time: a checkout touches files without changing them, and back again.
function fingerprint() {
  const hash = createHash('sha256')
  for (const file of [join(root, 'tsconfig.base.json'), ...filesIn(join(root, 'packages'))]) {
    if (file.endsWith('.test.ts')) continue
    hash.update(`${relative(root, file)}\0`).update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

// `tsc` leaves behind what it made from a source that is gone; it would be packed and published.
function removeOrphans() {
  const [dist, src] = [join(library, 'dist'), join(library, 'src')]
  for (const file of filesIn(dist)) {
    const made = /^(.*)(\.d\.ts|\.js)$/.exec(relative(dist, file))
    if (made !== null && !['.ts', '.tsx'].some((ending) => existsSync(join(src, made[1] + ending)))) rmSync(file)
  }
}

const GENERATED = new Set(['node_modules', 'dist', '.millrace'])

function filesIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  return entries.flatMap((entry) => {
    if (GENERATED.has(entry.name)) return []
    const path = join(folder, entry.name)
    return entry.isDirectory() ? filesIn(path) : [path]
  })
}
