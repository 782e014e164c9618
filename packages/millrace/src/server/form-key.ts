import type { Json } from '../event/run-event.ts'
import { FORM_KEY } from '../protocol/headers.ts'
import { digestOf } from '../run/ids.ts'
import type { Inquiry } from './inquiry.ts'
import { isForm } from './request-body.ts'

/** What a start is asked for with, and the key that the form brought along. */
export interface FormInput {
  readonly input: Json
  readonly key: string | undefined
}

/** Takes a page's own key out of its form's fields; whatever is no form is all input. */
export function withoutFormKey(request: Inquiry, body: Json): FormInput {
  if (!isForm(request)) return { input: body, key: undefined }
  const { [FORM_KEY]: key, ...input } = body as Readonly<Record<string, string>>
  return { input, key }
}

/**
 * The key of a form's run. A page that its visitor goes back to, or that was kept by a cache, has the same key
 * still: what the form says is part of it, so that another question is another run and only the same one is a
 * double. The space sets it apart from all keys that headers can bring.
 */
export async function formRunKey(key: string | undefined, input: Json): Promise<string | undefined> {
  return key === undefined ? undefined : `${key} ${await digestOf(input)}`
}
