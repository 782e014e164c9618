// Packs the library as it would be published, for the checks that look at what ships: the tarball
// and its content stand in `.test/packed/`.
import './lib/require-node.mjs'
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './lib/root.mjs'
import { must } from './lib/run.mjs'

const folder = join(root, '.test', 'packed')
const tarball = join(folder, 'millrace.tgz')

rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })
await must('npm', ['pack', '-w', 'packages/millrace', '--pack-destination', folder])
renameSync(join(folder, readdirSync(folder)[0]), tarball)
await must('tar', ['-xzf', tarball, '-C', folder])
