import { delimiter, join } from 'node:path'
import { root } from './root.mjs'

const NODE_24 = join(root, 'test', 'node-24', 'node_modules', `node-${process.platform}-${process.arch}`, 'bin')

/**
 * Takes `--node 24` out of the arguments of `npm test`: `{ args, env }`, where `env` makes that Node the first to be found, by
 * the tests and by every process that they start.
 * @param {readonly string[]} given
 */
export function otherNode(given) {
  const at = given.indexOf('--node')
  if (at === -1) return { args: given, env: {} }
  if (given[at + 1] !== '24') throw new Error('The tests run on the Node of this shell, or with `--node 24` on that one.')
  const folders = [NODE_24, join(root, 'node_modules', '.bin'), process.env.PATH]
  return { args: given.toSpliced(at, 2), env: { PATH: folders.join(delimiter) } }
}
