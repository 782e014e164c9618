import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Bundles the script of `millrace/html` with the client that is in it, once as a file and once as the
 * string that servers put into pages: the browser resumes by the very code that everyone else does.
 */
export async function bundleForm(library) {
  const folder = join(library, 'dist', 'html')
  // Only now: whoever builds on a bare clone has just installed it.
  const { build } = await import('esbuild')
  const { outputFiles } = await build({
    entryPoints: [join(library, 'src', 'html', 'browser', 'form.ts')],
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    charset: 'ascii',
    write: false,
    logLevel: 'warning',
  })
  const code = outputFiles[0].text
  // Inline, these would end the element or hide its end.
  if (/<\/script|<!--/i.test(code)) throw new Error('The form’s script cannot stand inline.')
  const hash = createHash('sha384').update(code).digest()
  const name = `streaming-form-${hash.toString('hex').slice(0, 10)}.js`
  writeFileSync(join(folder, 'streaming-form.js'), code)
  writeFileSync(join(folder, 'bundle.js'), `export const bundle = ${JSON.stringify({ code, integrity: `sha384-${hash.toString('base64')}`, name })}\n`)
}
