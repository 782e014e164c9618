// Reads a chat as lines of JSON. Run it, beside chunk.mjs: node examples/dialects/chunk-client.mjs http://localhost:8787 Why?
const [url, query] = process.argv.slice(2)
const headers = { 'Content-Type': 'application/json', Accept: 'application/x-ndjson', 'Idempotency-Key': crypto.randomUUID() }
const response = await fetch(`${url}/api/chat`, { method: 'POST', headers, body: JSON.stringify({ query }) })

let rest = ''
for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + piece).split('\n')
  rest = lines.pop()
  for (const line of lines.filter((one) => one !== '')) show(JSON.parse(line))
}

function show({ content, sources, isComplete, error }) {
  if (content) process.stdout.write(content)
  for (const { title, relevanceScore } of sources ?? []) console.log(`\n${title} (${relevanceScore})`)
  if (error) console.error(`\n${error.code}: ${error.message}`)
  if (isComplete) console.log('Response complete')
}
