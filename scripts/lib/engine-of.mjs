import { existsSync } from 'node:fs'

/**
 * The folder of what runs the model that `--model` names, where that runs in the application's own process. For a
 * file that is not there nothing is to be installed: the application says so.
 */
export function engineOf(flags) {
  const [kind, path] = modelIn(flags).split(/:(.*)/s)
  if (kind !== 'tiny' && !existsSync(path ?? '')) return null
  if (kind === 'tiny' || kind === 'gguf') return process.platform === 'linux' && process.arch === 'x64' ? 'gguf' : null
  return kind === 'onnx' ? 'onnx' : null
}

function modelIn(flags) {
  const at = flags.findLastIndex((flag) => /^--model(?:=|$)/.test(flag))
  const [, value = flags[at + 1] ?? ''] = (flags[at] ?? '').split(/=(.*)/s)
  return at === -1 ? '' : value
}
