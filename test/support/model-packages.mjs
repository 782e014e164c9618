// For programs that a test starts with `--import`: the packages that run models are found where the tests have them.
import { register } from 'node:module'

const ENGINES = { 'node-llama-cpp': 'gguf', '@huggingface/transformers': 'onnx' }
const places = Object.entries(ENGINES).map(([name, folder]) => [name, new URL(`../../packages/app/engines/${folder}/engine.mjs`, import.meta.url).href])

const hook = `
  const places = new Map(${JSON.stringify(places)})
  export const resolve = (specifier, context, next) => {
    const place = places.get(specifier)
    return place === undefined || context.parentURL === place ? next(specifier, context) : { url: place, shortCircuit: true }
  }`
register(`data:text/javascript,${encodeURIComponent(hook)}`)
