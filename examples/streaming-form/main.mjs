import { setTimeout as sleep } from 'node:timers/promises'
import { anyone, createMillrace, defineRun, memory } from 'millrace'
import { getStreamingHtml, getStreamingJs, html, streamingScript } from 'millrace/html'
import { serve } from 'millrace/node'

// The work: it says back what it was asked, word by word.
const echo = defineRun({
  async *run({ input, signal }) {
    for (const word of input.message.split(' ')) {
      yield `${word} `
      await sleep(Number(process.env.PACE ?? 200), undefined, { signal })
    }
  },
})
const app = createMillrace({ store: memory(), runs: { echo }, authenticate: anyone })

// The page: a form, and the script that brings it to life. No build step. Made for each visit: its form has a key of its own.
const script = streamingScript()
const page = () => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>A streaming form</title>
</head>
<body>
<h1>A streaming form</h1>
${getStreamingHtml('streaming', 'Enter your message', { action: '/runs/echo' })}
${getStreamingJs('streaming', '/runs/echo', { src: `/${script.name}` })}
</body>
</html>
`

async function fetch(request) {
  const { pathname } = new URL(request.url)
  if (pathname === '/') return respond(String(page()), 'text/html; charset=utf-8', 'no-cache')
  if (pathname === `/${script.name}`) return respond(script.code, 'text/javascript', 'public, max-age=31536000, immutable')
  return app.fetch(request)
}

function respond(body, type, caching) {
  const headers = { 'Content-Type': type, 'Cache-Control': caching, 'Content-Security-Policy': "default-src 'self'" }
  return new Response(body, { headers })
}

const server = await serve({ fetch }, { port: Number(process.env.PORT ?? 8790) })
console.log(`ready at ${server.url}`)
