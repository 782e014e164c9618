import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Installed, installPacked } from '../support/installed.ts'

const NODE_ONLY = ['millrace/node', 'millrace/sqlite']
const ambientTypes = join(import.meta.dirname, '..', '..', 'node_modules', '@types')

let installed: Installed
beforeAll(async () => {
  installed = await installPacked()
})
afterAll(() => installed[Symbol.asyncDispose]())

const resolutions = [
  { name: 'NodeNext', options: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext } },
  { name: 'Bundler', options: { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler } },
]

for (const { name, options } of resolutions) {
  test(`the packed types hold in a strict project that checks its libraries too (${name})`, () => {
    expect(complaints(installed.subpaths, { ...options, types: ['node'], typeRoots: [ambientTypes] })).toEqual([])
  })

  test(`they hold also where an optional field may be undefined (${name})`, () => {
    expect(complaints(installed.subpaths, { ...options, types: ['node'], typeRoots: [ambientTypes], exactOptionalPropertyTypes: false })).toEqual([])
  })

  test(`what runs everywhere asks for no types of Node (${name})`, () => {
    const everywhere = installed.subpaths.filter((subpath) => !NODE_ONLY.includes(subpath))
    expect(complaints(everywhere, { ...options, types: [] })).toEqual([])
  })
}

/** What the compiler says to a program that imports these subpaths. */
function complaints(subpaths: readonly string[], options: ts.CompilerOptions): string[] {
  const file = join(installed.folder, 'consumer.ts')
  writeFileSync(file, [...subpaths.map(useOf), NEGATIVE].join('\n'))
  const program = ts.createProgram([file], {
    exactOptionalPropertyTypes: true,
    ...options,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts', 'lib.dom.asynciterable.d.ts', 'lib.esnext.disposable.d.ts'],
    strict: true,
    skipLibCheck: false,
    noEmit: true,
  })
  return ts.getPreEmitDiagnostics(program).map((each) => ts.formatDiagnostic(each, formatHost))
}

function useOf(subpath: string, at: number): string {
  return `export * as face${String(at)} from '${subpath}'`
}

// Had the types not been found, everything would be there.
const NEGATIVE = `// @ts-expect-error
export { thereIsNoSuchName } from 'millrace'`

const formatHost: ts.FormatDiagnosticsHost = {
  getCanonicalFileName: (file) => file,
  getCurrentDirectory: () => installed.folder,
  getNewLine: () => '\n',
}
