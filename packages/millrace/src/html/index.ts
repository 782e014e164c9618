/** Pages without a build step: a streaming form, out-of-band messages for htmx, and HTML that escapes what it is given. @module */
export { getStreamingHtml, type StreamingFormOptions } from './form.ts'
export { getStreamingJs, streamingScript, type StreamingScriptOptions } from './script.ts'
export type { FormScript } from './bundle.ts'
export { createOobStream, type OobElement, type OobStream } from './oob.ts'
export type { SwapMode } from './names.ts'
export { html } from './template.ts'
export { raw, type Html, type HtmlValue } from './markup.ts'
export type { EscapedValue } from '../dialect/escaped-value.ts'
