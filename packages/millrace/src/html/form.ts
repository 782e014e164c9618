import { newKey } from '../client/key.ts'
import { FORM_KEY } from '../protocol/headers.ts'
import type { Html } from './markup.ts'
import { checkId } from './names.ts'
import { html } from './template.ts'

export interface StreamingFormOptions {
  /** Where the form goes where no script runs: the kind's path, `/runs/KIND`. Default: the page itself. */
  readonly action?: string
  /** The field's name in the run's input. Default `message`. */
  readonly name?: string
}

/**
 * A form whose answer is streamed into it by the script of `getStreamingJs`. With scripts off it posts to
 * `action` all the same, and the browser draws the answer as a page of its own, as it comes. A hidden field keeps a
 * form that was sent twice from starting two runs: it is new each time, so call this for each page you send.
 *
 * @param id the form's id, and the head of its parts' ids: `ID-input`, `ID-stop`, `ID-status`, `ID-answer`, `ID-sources`
 */
export function getStreamingHtml(id: string, label: string, { action = '', name = 'message' }: StreamingFormOptions = {}): Html {
  checkId(id)
  return html`<form id="${id}" class="millrace-form" method="post" action="${action}">
<input type="hidden" name="${FORM_KEY}" value="${newKey()}">
<p><label for="${id}-input">${label}</label><br>
<textarea id="${id}-input" name="${name}" rows="4" cols="40" required></textarea></p>
<p><button type="submit">Send</button>
<button type="button" id="${id}-stop" hidden>Stop</button></p>
<p id="${id}-status" role="status"></p>
<div id="${id}-answer" class="millrace-answer" aria-live="polite" aria-busy="false"></div>
<ol id="${id}-sources" class="millrace-sources" hidden></ol>
</form>
`
}
