// Imports point down (DESIGN §9), and what is built on the library uses its public face.
import './lib/require-node.mjs'
import { root } from './lib/root.mjs'
import { wrongImports } from './lib/wrong-imports.mjs'

const wrongs = wrongImports(root)
for (const wrong of wrongs) console.error(wrong)
process.exitCode = wrongs.length === 0 ? 0 : 1
