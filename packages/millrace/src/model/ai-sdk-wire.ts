/*
 * The part of the package `ai` that is used here, written down: its own types do not hold where a project
 * checks its libraries too.
 */

/** A model of any provider, or the name of one behind the gateway. */
export type AiSdkLanguageModel = string | { readonly specificationVersion: string; readonly provider: string; readonly modelId: string }

/** The function of that name. Written as a method, since what it really takes is more than any object. */
export type StreamText = { stream(call: object): { readonly stream: AsyncIterable<Part> } }['stream']

/** The fields of all parts of a stream that are read here; which of them is there depends on `type`. */
export interface Part {
  readonly type: string
  /** Of a block. */
  readonly id?: string
  readonly text?: string
  readonly delta?: string
  readonly toolName?: string
  readonly toolCallId?: string
  readonly input?: unknown
  /** The provider runs the tool itself. */
  readonly providerExecuted?: boolean | undefined
  readonly url?: string
  readonly title?: string | undefined
  readonly error?: unknown
  readonly finishReason?: string
  readonly totalUsage?: PartUsage
}

export interface PartUsage {
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly inputTokenDetails: { readonly cacheReadTokens: number | undefined }
  readonly outputTokenDetails: { readonly reasoningTokens: number | undefined }
}
