// Imported first and for its effect: whoever runs an old Node reads one plain line, not a stack trace.
const [major, minor] = process.versions.node.split('.').map(Number)

if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Millrace needs Node 20.19 or newer; this is ${process.versions.node}.`)
  process.exit(1)
}
