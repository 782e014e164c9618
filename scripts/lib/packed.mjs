import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'
import { must } from './run.mjs'

const folder = join(root, '.test', 'packed')

/** Packs the library as it would be published and unpacks it again: `{ tarball, unpacked }`, both paths. */
export async function packLibrary() {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  await must('npm', ['pack', '-w', 'packages/millrace', '--pack-destination', folder])
  const tarball = join(folder, readdirSync(folder).find((name) => name.endsWith('.tgz')))
  await must('tar', ['-xzf', tarball, '-C', folder])
  return { tarball, unpacked: join(folder, 'package') }
}
