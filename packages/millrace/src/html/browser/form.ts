import { FormView } from './form-view.ts'
import { StreamingForm } from './streaming-form.ts'

// A classic script, inline or `defer`: only those can ask which element they are.
const { form = '', url = '' } = document.currentScript?.dataset ?? {}

function begin(): void {
  const element = document.getElementById(form)
  if (element instanceof HTMLFormElement) new StreamingForm(new FormView(element), url).resume()
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', begin)
else begin()
