// `npm run check`: everything that can be judged without running the code. All of it runs, also
// after a failure, so that one round shows all there is to mend.
import './lib/require-node.mjs'
import { install } from './lib/install.mjs'
import { capture } from './lib/run.mjs'

const PACKED = '.test/packed/millrace.tgz'

const CHECKS = [
  { name: 'build', command: ['node', 'scripts/build.mjs'] },
  { name: 'types', command: ['tsc', '-b', 'packages/millrace', 'packages/app', 'tsconfig.test.json'] },
  { name: 'types without Node', command: ['tsc', '-p', 'tsconfig.web.json'] },
  { name: 'lint', command: ['eslint', '--max-warnings=0', '.'] },
  { name: 'import direction', command: ['node', 'scripts/check-imports.mjs'] },
  { name: 'unused code', command: ['knip'] },
  { name: 'tracked files', command: ['node', 'scripts/check-tracked.mjs'] },
  { name: 'pack', command: ['node', 'scripts/pack.mjs'] },
  { name: 'package', command: ['publint', '--strict', PACKED] },
  { name: 'package types', command: ['attw', '--profile=esm-only', PACKED] },
  { name: 'size', command: ['size-limit'] },
]

await install()
const failed = []
for (const check of CHECKS) {
  if (!(await passes(check))) failed.push(check.name)
}
console.log(failed.length === 0 ? `All ${CHECKS.length} checks passed.` : `Failed: ${failed.join(', ')}.`)
process.exitCode = failed.length === 0 ? 0 : 1

async function passes({ name, command: [program, ...args] }) {
  const began = performance.now()
  const { code, output } = await capture(program, args)
  const seconds = ((performance.now() - began) / 1000).toFixed(1)
  console.log(`${code === 0 ? 'ok  ' : 'FAIL'}  ${name} (${seconds} s)`)
  if (code !== 0) console.log(output)
  return code === 0
}
