// Bundles the page into dist/page: files named by their content, and the HTML that names them.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const source = new URL('../src/page/', import.meta.url)
const target = new URL('../dist/page/', import.meta.url)
const path = (name) => fileURLToPath(new URL(name, source))

await rm(target, { recursive: true, force: true })
await mkdir(target, { recursive: true })
const { metafile } = await build({
  entryPoints: { page: path('main.tsx'), style: path('style/style.css'), icon: path('icon.svg') },
  outdir: fileURLToPath(target),
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.svg': 'copy' },
  metafile: true,
  logLevel: 'warning',
})

const built = Object.keys(metafile.outputs).map((file) => basename(file))
const named = (ending) => `/${built.find((file) => file.endsWith(ending))}`
const html = (await readFile(path('index.html'), 'utf8'))
  .replace('{{script}}', named('.js'))
  .replace('{{style}}', named('.css'))
  .replace('{{icon}}', named('.svg'))
await writeFile(new URL('index.html', target), html)
