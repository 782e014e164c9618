/** Rings of files that import one another, each found once, as lists whose last file imports the first. */
export function findCycles(imports) {
  const cycles = []
  const done = new Set()
  for (const file of imports.keys()) follow(file, [])
  return cycles

  function follow(file, path) {
    const at = path.indexOf(file)
    if (at !== -1) cycles.push(path.slice(at))
    if (at !== -1 || done.has(file)) return
    for (const { to } of imports.get(file) ?? []) {
      if (to !== null) follow(to, [...path, file])
    }
    done.add(file)
  }
}
