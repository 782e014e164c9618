import { escapeHtml } from '../dialect/escape.ts'
import { MillraceError } from '../event/error.ts'
import { bundle, type FormScript } from './bundle.ts'
import { raw, type Html } from './markup.ts'
import { checkId, checkUrl } from './names.ts'

export type StreamingScriptOptions =
  /** Inline, with the nonce of the page's Content-Security-Policy if it has one. */
  | { readonly nonce?: string }
  /** From a file: where you serve `streamingScript().code`. What a policy of `default-src 'self'` allows. */
  | { readonly src: string }

/** The script as a file to serve: its code, its hash, and a name that changes with both. */
export function streamingScript(): FormScript {
  if (bundle.code === '') throw new MillraceError('missing_package', 'This is the source of millrace/html: the script is there after `npm run build`.')
  return bundle
}

/**
 * The element that brings the form `id` to life: sends it to `url`, shows the answer as it comes, resumes it
 * after a cut or a reload, and stops it.
 *
 * @param url the kind's path, `/runs/KIND`; or an endpoint that streams plain text, which cannot be resumed
 * @throws MillraceError `invalid_request` for an id or a url that is none
 */
export function getStreamingJs(id: string, url: string, options: StreamingScriptOptions = {}): Html {
  const form = { 'data-form': checkId(id), 'data-url': checkUrl(url) }
  const { code, integrity } = streamingScript()
  if ('src' in options) return raw(`<script${attributesOf({ src: options.src, integrity, ...form })} defer></script>\n`)
  const { nonce } = options
  return raw(`<script${attributesOf({ ...(nonce === undefined ? {} : { nonce }), ...form })}>${code}</script>\n`)
}

function attributesOf(attributes: Readonly<Record<string, string>>): string {
  return Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeHtml(value)}"`).join('')
}
