// An answer with its progress: as a run that feeds an item, and as a stream without a log. Run it: node examples/guide/progress.mjs
import { createMillrace, anyone, defineRun, memory } from 'millrace'
import { createProgressTracker, progressText, workflow } from 'millrace/progress'
import { createStreamingService } from 'millrace/streaming'

const WORDS = ['Fleece ', 'becomes ', 'yarn, ', 'yarn ', 'becomes ', 'cloth.']

// A model, as far as this is concerned: words that come one after another.
async function* model() {
  yield* WORDS
}

// The words are the run's text, and readers have the whole of it by adding them up; beside them stands how far it is.
const answer = defineRun({
  async *run({ run }) {
    let done = 0
    for await (const word of model()) {
      yield word
      done += 1
      yield { type: 'progress', item: run, name: 'answer', status: 'running', done, total: WORDS.length, at: Date.now() }
    }
  },
})
const app = createMillrace({ store: memory(), runs: { workflow, answer }, authenticate: anyone })
const principal = 'anyone'
const tracker = createProgressTracker(app, { principal })

const book = await tracker.createWorkflow({ name: 'book' })
await tracker.startItem(book)
const chapter = await tracker.addItem(book, { name: 'chapter', weight: 2 })
await tracker.startItem(chapter)
const run = await app.start('answer', null, { principal, progress: { parent: chapter, name: 'answer' } })
for await (const entry of run.follow()) if (entry.type === 'progress' && entry.done === 3) break
console.log((await run.result).text)

// Without a log: each value has the new words, the whole text and how far it is, and counts one of the item.
async function* values() {
  let text = ''
  let done = 0
  for await (const delta of model()) {
    text += delta
    done += 1
    yield { delta, text, progress: Math.round((done / WORDS.length) * 100) }
  }
}
const streaming = createStreamingService({ tracker })
const response = streaming.createJsonResponse(values(), { progress: { parent: chapter, name: 'again', total: WORDS.length } })
console.log((await response.json()).at(-1))

// Both have moved the same tree.
for await (const { items } of tracker.follow(book)) if (items.filter(({ status }) => status === 'completed').length === 2) break
await tracker.completeItem(chapter)
await tracker.completeItem(book)
console.log(progressText(await tracker.getSnapshot(book)))
await app.close()
