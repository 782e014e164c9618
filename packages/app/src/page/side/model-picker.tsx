import type { ReactElement } from 'react'
import type { Choice, Models } from '../../models/choices.ts'

/** Who answers here, who else could, and what each of the others lacks. */
export function ModelPicker({ models: { current, models } }: { readonly models: Models }): ReactElement {
  return (
    <details className="models" id="models">
      <summary>Answered by <b id="model-current">{current}</b></summary>
      <ul id="model-list">{models.map((choice) => <ModelRow key={choice.model} choice={choice} />)}</ul>
      <p className="note">Who answers is chosen at the start: <code>npm start -- --model tiny</code></p>
    </details>
  )
}

function ModelRow({ choice: { model, about, missing, isCurrent } }: { readonly choice: Choice }): ReactElement {
  return (
    <li data-state={isCurrent ? 'current' : missing === null ? 'ready' : 'missing'}>
      <span className="model-name">{model}</span>
      <span className="note">{isCurrent ? `${about} Answers now.` : about}</span>
      {missing !== null && <span className="model-missing">{missing}</span>}
    </li>
  )
}
