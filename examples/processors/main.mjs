// What can be done with the text of an answer while it comes. Run it: node examples/processors/main.mjs
import { setTimeout as sleep } from 'node:timers/promises'
import { anyone, createMillrace, defineRun, memory } from 'millrace'
import { createClient } from 'millrace/client'
import { serve } from 'millrace/node'
import { codeBlocks, collect, countTokens, frames, highlight, markdown, smooth, toHtml, window } from 'millrace/processors'

// Cut where it hurts, as models do: in keywords, in fences, in a link.
const ANSWER = ['An inc', 'ome ta', 'x of 1 < 2 % is no syntax.\n`', '``j', 's\nconst tax = "<b>"\n`', '``\nSee [the ', 'law](https://law.exam', 'ple) on **VA', 'T**.']
const answer = defineRun({
  async *run() {
    for (const piece of ANSWER) {
      yield piece
      await sleep(5)
    }
    yield { type: 'source', title: 'The law', relevance: 0.9 }
  },
})
const app = createMillrace({ store: memory(), runs: { answer }, authenticate: anyone })
const server = await serve(app, { port: 0 })
const client = createClient(server.url)
const run = await client.start('answer', null)

console.log('— keywords and code, as HTML; text and sources kept —')
const keywords = ['tax', 'income tax', 'credit', 'VAT']
const collected = collect(run.follow())
for await (const html of toHtml(highlight(codeBlocks(collected), keywords))) process.stdout.write(html)
console.log(`\n${collected.text.length} characters,`, collected.sources)

console.log('— keywords as pieces —')
for await (const { text, match } of highlight(run.text(), keywords)) {
  if (match) console.log(`${text} is the keyword ${match}`)
}

console.log('— code —')
let code
for await (const piece of codeBlocks(run.text())) {
  if (piece.code && piece.code !== code) console.log(`block ${piece.code.nth}, ${piece.code.language}:`)
  code = piece.code
  if (code) process.stdout.write(piece.text)
}

console.log('— tokens, counted on the way to something else —')
let tokens = 0
async function* counted(source) {
  for await (const piece of countTokens(source)) {
    tokens = piece.tokens
    yield piece.text
  }
}
const { text } = await collect(counted(run.text())).all()
console.log(`${text.length} characters, ${tokens} tokens`)

console.log('— the end of a long answer —')
let view
for await (view of window(run.text(), { characters: 30 }));
console.log(`(${view.dropped.characters} characters before) ${view.text}`)

console.log('— one update a frame, and an even pace —')
let shown = ''
for await (const pieces of frames(run.text())) {
  shown += pieces.join('')
}
let paced = ''
for await (const piece of smooth(run.text(), { by: 'word' })) {
  paced += piece
}
console.log(shown === text, paced === text)

console.log('— Markdown that is whole wherever it stops —')
let soFar = ''
const halves = []
for await (const piece of markdown(run.text())) {
  soFar += piece
  if (/\[[^\]]*$|\]\([^)]*$|`{1,2}$/.test(soFar)) halves.push(soFar)
}
console.log(soFar === text, halves)

await server.close()
await app.close()
