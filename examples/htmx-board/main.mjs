import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { setTimeout as sleep } from 'node:timers/promises'
import { anyone, createMillrace, defineRun, memory } from 'millrace'
import { createOobStream, html } from 'millrace/html'
import { serve } from 'millrace/node'

const JOBS = ['carding', 'spinning', 'weaving', 'fulling', 'dyeing']

// One message changes several places of the page, and they change together or not at all.
const board = defineRun({
  async *run({ signal }) {
    const message = createOobStream()
      .addElements([['0', 'done'], ['', 'rows'], ['', 'log'], [html`<b>working</b>`, 'state']])
    yield { type: 'html', html: String(message.build()) }
    for (const [at, job] of JOBS.entries()) {
      await sleep(Number(process.env.PACE ?? 800), undefined, { signal })
      message.clear()
        .addElement(String(at + 1), 'done')
        .addElement(html`<tr><td>${at + 1}</td><td>${job}</td></tr>`, 'rows', 'beforeend')
        .addElement(html`<li>The <i>${job}</i> is done.</li>`, 'log', 'afterbegin')
        .addElement(html`<progress id="bar" value="${at + 1}" max="${JOBS.length}"></progress>`, 'bar', 'outerHTML')
      yield { type: 'html', html: String(message.build()) }
    }
    yield { type: 'html', html: String(message.clear().addElement('all done', 'state').build()) }
  },
})
const app = createMillrace({ store: memory(), runs: { board }, authenticate: anyone })

// A run's stream as any htmx reads it: `sse-close` (2) and `hx-sse:close` (4) end it for good.
const page = (id, connect) => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>A board</title>
${scripts.map(({ path }) => html`<script src="${path}"></script>`)}
</head>
<body>
<h1>The mill</h1>
${connect(id)}
<p>State: <span id="state" role="status"></span>, <span id="done"></span> of ${JOBS.length}
<progress id="bar" value="0" max="${JOBS.length}"></progress></p>
<table><thead><tr><th scope="col">#</th><th scope="col">job</th></tr></thead><tbody id="rows"></tbody></table>
<ul id="log"></ul>
</body>
</html>
`
const connectHtmx4 = (id) => html`<div id="run-${id}" hx-sse:connect="/runs/${id}?dialect=html" hx-sse:close="done" hx-swap="none"></div>`
const connectHtmx2 = (id) => html`<div hx-ext="sse" sse-connect="/runs/${id}?dialect=html" sse-close="done">
<div id="run-${id}" sse-swap="message" hx-swap="none"></div></div>`

const [scripts, connect] = process.env.HTMX === '2'
  ? [await load('htmx2/dist/htmx.min.js', 'htmx-ext-sse/sse.js'), connectHtmx2]
  : [await load('htmx4/dist/htmx.min.js', 'htmx4/dist/ext/hx-sse.min.js'), connectHtmx4]

function load(...files) {
  const require = createRequire(import.meta.url)
  const read = async (file) => ({ path: `/${file}`, code: await readFile(require.resolve(file), 'utf8') })
  return Promise.all(files.map(read))
}

async function fetch(request) {
  const { pathname, search } = new URL(request.url)
  const script = scripts.find(({ path }) => path === pathname)
  if (script) return respond(script.code, 'text/javascript')
  if (pathname !== '/') return app.fetch(request)
  // The run stands in the address: a reload shows the same board.
  if (search !== '') return respond(String(page(search.slice(1), connect)), 'text/html; charset=utf-8')
  const { id } = await app.start('board', null, { principal: 'anyone' })
  return new Response(null, { status: 303, headers: { Location: `/?${id}` } })
}

function respond(body, type) {
  const policy = "default-src 'self'; style-src 'self' 'unsafe-inline'"
  return new Response(body, { headers: { 'Content-Type': type, 'Cache-Control': 'no-cache', 'Content-Security-Policy': policy } })
}

const server = await serve({ fetch }, { port: Number(process.env.PORT ?? 8791) })
console.log(`ready at ${server.url}`)
