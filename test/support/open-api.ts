import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'

interface Answer {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>
}
interface Operation {
  readonly operationId: string
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: object }>> }
  readonly responses: Readonly<Record<string, Answer>>
}
interface OpenApi {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  readonly components: object
}
export interface Described extends Operation {
  readonly path: string
  readonly method: string
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

/** An OpenAPI description, held against real answers. */
export class Description {
  readonly operations: readonly Described[]
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true })

  constructor(document: unknown) {
    const { paths, components } = document as OpenApi
    this.#ajv.addSchema({ $id: 'api', components: closed(components) as object })
    this.operations = Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).filter(([method]) => METHODS.includes(method)).map(([method, operation]) => ({ ...(operation as Operation), path, method: method.toUpperCase() })))
  }

  /** What answers a request's path and method. */
  at(method: string, path: string): Described | undefined {
    return this.operations.find((one) => one.method === method && new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}$`).test(path))
  }

  /** What is wrong with an answer, as sentences: its status, its media type, or its body. */
  async wrongs(method: string, path: string, response: Response): Promise<readonly string[]> {
    const where = `${method} ${path} ${String(response.status)}`
    const operation = this.at(method, path)
    if (!operation) return [`${where}: not described`]
    const answer = operation.responses[String(response.status)]
    if (!answer) return [`${where}: no such status`]
    const type = (response.headers.get('Content-Type') ?? '').split(';')[0] ?? ''
    const text = await response.text()
    if (!answer.content) return text === '' ? [] : [`${where}: a body`]
    const schema = answer.content[type]?.schema
    if (!schema) return [`${where}: ${type} is not described`]
    const check = this.#check(schema)
    return valuesIn(text, type).flatMap((value) => (check(value) ? [] : [`${where}: ${this.#ajv.errorsText(check.errors)} in ${JSON.stringify(value)}`]))
  }

  #check(schema: object): ValidateFunction {
    return this.#ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"api#/')) as object)
  }
}

function valuesIn(text: string, type: string): readonly unknown[] {
  const lines = text.split('\n')
  if (type === 'text/event-stream') return lines.filter((line) => line.startsWith('data: ')).map((line) => JSON.parse(line.slice(6)) as unknown)
  if (type === 'application/x-ndjson') return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as unknown)
  return [JSON.parse(text)]
}

/** The same, less what it does not forbid: an answer that says more than is described is not described. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const parts = Object.fromEntries(Object.entries(schema).map(([name, part]) => [name, closed(part)]))
  return parts['type'] === 'object' && 'properties' in parts ? { ...parts, additionalProperties: false } : parts
}
