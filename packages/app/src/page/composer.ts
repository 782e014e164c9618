import { find } from './dom.ts'

/** The question box: Enter asks, Shift+Enter begins a new line, Escape stops. */
export class Composer {
  readonly #form = find('ask', HTMLFormElement)
  readonly #box = find('question-box', HTMLTextAreaElement)
  readonly #send = find('send', HTMLButtonElement)
  readonly #stop = find('stop', HTMLButtonElement)

  constructor(onAsk: (question: string) => void, onStop: () => void) {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      const question = this.#box.value.trim()
      if (question === '') return
      this.#box.value = ''
      onAsk(question)
    })
    this.#box.addEventListener('keydown', (event) => {
      // While an input method is composing, Enter belongs to it.
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
      event.preventDefault()
      this.#form.requestSubmit()
    })
    document.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && !this.#stop.hidden) onStop()
    })
    this.#stop.addEventListener('click', onStop)
  }

  /** While something is being written, it can be stopped. */
  set busy(busy: boolean) {
    const focused = document.activeElement === this.#stop
    this.#stop.hidden = !busy
    this.#stop.disabled = false
    this.#send.hidden = busy
    // The button under the fingers has gone: the next thing to do is to ask.
    if (!busy && focused) this.focus()
  }

  /** Stop was pressed and is on its way. */
  stopping(): void {
    this.#stop.disabled = true
  }

  /** On a touch screen it would open the keyboard over the page: there one taps the box oneself. */
  focus(): void {
    if (matchMedia('(hover: hover)').matches) this.#box.focus({ preventScroll: true })
  }
}
