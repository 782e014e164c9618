import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import ts from 'typescript'

/**
 * Every import of every TypeScript file in a folder, as paths relative to it: a map from file to
 * `{ specifier, to, star }`, `to` being `null` for a package. Type imports count, and so do
 * `import()` as a call and as a type.
 */
export function readImports(folder, skip = () => false) {
  const files = sourcesIn(folder).filter((file) => !skip(slashed(relative(folder, file))))
  return new Map(files.map((file) => [slashed(relative(folder, file)), importsOf(folder, file)]))
}

function sourcesIn(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name === 'dist') return []
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return sourcesIn(path)
    return /\.tsx?$/.test(entry.name) ? [path] : []
  })
}

function importsOf(folder, file) {
  const found = []
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest))
  return found

  function visit(node) {
    const specifier = specifierOf(node)
    if (specifier !== undefined) found.push({ specifier, to: target(specifier), star: isStar(node) })
    ts.forEachChild(node, visit)
  }

  function target(specifier) {
    return specifier.startsWith('.') ? slashed(relative(folder, resolve(dirname(file), specifier))) : null
  }
}

function specifierOf(node) {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier?.text
  if (ts.isImportTypeNode(node)) return node.argument.literal.text
  if (!ts.isCallExpression(node) || node.expression.kind !== ts.SyntaxKind.ImportKeyword) return undefined
  const [name] = node.arguments
  return name !== undefined && ts.isStringLiteralLike(name) ? name.text : undefined
}

// `export * as name` names what it exports; it is the bare star that hides it.
function isStar(node) {
  return ts.isExportDeclaration(node) && node.exportClause === undefined
}

function slashed(path) {
  return path.split(sep).join('/')
}
