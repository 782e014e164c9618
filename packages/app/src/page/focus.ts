import type { RefObject } from 'react'
import type { ChatActions } from 'millrace/react'

type Box = RefObject<HTMLTextAreaElement | null>

/** On a touch screen it would open the keyboard over the page: there one taps the box oneself. */
export function focusBox(box: Box): void {
  if (matchMedia('(hover: hover)').matches) box.current?.focus({ preventScroll: true })
}

/** What was pressed goes with the answer whose place another takes: the keyboard is given to the box, where that can be stopped. */
export function keepingFocus({ sendMessage, resend, stop, regenerate, continueAnswer, edit, loadEarlier, reconnect }: ChatActions, box: Box): ChatActions {
  const then = <Given extends readonly unknown[]>(act: (...given: Given) => Promise<void>) => (...given: Given): Promise<void> => {
    focusBox(box)
    return act(...given)
  }
  return {
    sendMessage, stop, loadEarlier, reconnect,
    resend: then(resend), regenerate: then(regenerate), continueAnswer: then(continueAnswer), edit: then(edit),
  }
}
