import { PublicError } from '../../event/error.ts'
import { toCommand, type ProgressCommand } from '../../progress/command.ts'
import type { Past } from '../../progress/estimate.ts'
import { defineRun, type RunDefinition } from '../../run/define.ts'
import { PAST, toPast } from './events.ts'
import { WorkflowLog, type WorkflowInput } from './workflow-log.ts'

type Checks = { readonly progress: (value: unknown) => ProgressCommand; readonly progress_past: (value: unknown) => Past }

/**
 * The kind of run that a workflow is: commands for its items come as signals, from whatever process,
 * and stand in its log as `progress`, each once, whoever is killed in between. Name it `workflow`.
 */
export const workflow: RunDefinition<WorkflowInput, null, WorkflowInput, Checks> = defineRun<WorkflowInput, null, WorkflowInput, Checks>({
  input: toInput,
  title: ({ name }) => name,
  progress: ({ name }) => ({ name }),
  recover: 'resume',
  // It has nothing that a lost process could spoil: it goes on however many were.
  attempts: Infinity,
  signals: { progress: toCommand, [PAST]: toPast },
  async *run({ run, input, resumed, signals }) {
    const log = new WorkflowLog(run, input.name)
    if (resumed) for await (const entry of resumed.entries()) log.add(entry)
    if (log.item?.status === 'pending') yield log.begin(input)
    for await (const signal of signals) {
      if (signal.type === PAST) yield { type: PAST, past: signal.data.map((took) => ({ ...took })) }
      else yield* log.answer(signal.id, signal.data)
      const { status, message } = log.item ?? {}
      if (status === 'completed' || status === 'skipped') return null
      if (status === 'failed') throw new PublicError('workflow_failed', message ?? 'The workflow failed.')
    }
    return null
  },
})

function toInput(value: unknown): WorkflowInput {
  const { name, description = '' } = (typeof value === 'object' && value !== null ? value : {}) as Readonly<Record<string, unknown>>
  if (typeof name === 'string' && name !== '' && typeof description === 'string') return { name, description }
  throw new PublicError('invalid_workflow', 'A workflow has a `name`, and may have a `description`.')
}
