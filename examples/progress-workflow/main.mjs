import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { anyone, createMillrace, defineRun } from 'millrace'
import { html } from 'millrace/html'
import { serve } from 'millrace/node'
import { createProgressTracker, workflow } from 'millrace/progress'
import { sqlite } from 'millrace/sqlite'

const BOBBINS = 20
const STEPS = [{ name: 'carding', weight: 1 }, { name: 'spinning', weight: 3 }, { name: 'weaving', weight: 2 }]

// Work that feeds an item: its words move it, its end ends it, and a killed server goes on with it.
const spin = defineRun({
  recover: 'resume',
  attempts: 100,
  async *run({ run, resumed, checkpoint, signal }) {
    for (let done = resumed?.checkpoint?.data ?? 0; done < BOBBINS; ) {
      await sleep(Number(process.env.PACE ?? 500), undefined, { signal })
      done += 1
      yield { type: 'progress', item: run, status: 'running', done, at: Date.now() }
      checkpoint(done)
    }
  },
})
const store = sqlite(process.env.LOG ?? '.millrace/progress.db')
const app = createMillrace({ store, runs: { workflow, spin }, authenticate: anyone, lease: 2_000 })
const principal = 'anyone'
const tracker = createProgressTracker(app, { principal })

async function begin() {
  const id = await tracker.createWorkflow({ name: 'cloth', description: 'for one shirt' })
  await tracker.startItem(id)
  for (const { name, weight } of STEPS) await tracker.addItem(id, { name, weight, key: name })
  const spinning = `${id}/spinning`
  await tracker.startItem(spinning)
  await app.start('spin', null, { principal, progress: { parent: spinning, name: 'bobbins', total: BOBBINS } })
  return id
}

// What a person may do to an item; what cannot be is refused with a word that says why.
const MOVES = ['startItem', 'pauseItem', 'resumeItem', 'completeItem', 'failItem', 'skipItem', 'cancelItem']
async function move(form) {
  const [item, name] = [String(form.get('item')), String(form.get('move'))]
  if (MOVES.includes(name)) await tracker[name](item)
  return item.split('/')[0]
}

const page = (id) => html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>A workflow</title><link rel="icon" href="data:,"><script type="module" src="/page.js"></script></head>
<body>
<h1>A workflow</h1>
<form method="post" action="/begin"><button>Begin a new one</button></form>
${id === '' ? '' : html`<div id="tree" data-from="/progress/${id}?dialect=html"></div>
<form method="post" action="/move">
<label>Item <select name="item">
${STEPS.map(({ name }) => html`<option value="${id}/${name}">${name}</option>`)}<option value="${id}">all of it</option>
</select></label>
${MOVES.map((name) => html`<button name="move" value="${name}">${name}</button>`)}
</form>`}
</body>
</html>
`

async function fetch(request) {
  const { pathname, search } = new URL(request.url)
  if (pathname === '/') return respond(String(page(search.slice(1))), 'text/html; charset=utf-8')
  if (pathname === '/page.js') return respond(await readFile(new URL('page.js', import.meta.url)), 'text/javascript')
  if (request.method !== 'POST') return app.fetch(request)
  if (request.headers.get('Sec-Fetch-Site') !== 'same-origin') return new Response('Only from here.', { status: 403 })
  try {
    if (pathname === '/begin') return seeOther(await begin())
    if (pathname === '/move') return seeOther(await move(await request.formData()))
  } catch (error) {
    if (error.code === 'invalid_transition') return new Response(error.message, { status: 409 })
    throw error
  }
  return app.fetch(request)
}

const seeOther = (id) => new Response(null, { status: 303, headers: { Location: `/?${id}` } })

function respond(body, type) {
  const headers = { 'Content-Type': type, 'Cache-Control': 'no-cache', 'Content-Security-Policy': "default-src 'self'; img-src data:" }
  return new Response(body, { headers })
}

const server = await serve({ fetch }, { port: Number(process.env.PORT ?? 8792) })
console.log(`ready at ${server.url}`)
