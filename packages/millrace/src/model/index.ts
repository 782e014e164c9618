/** Where answers come from: models behind one contract, streamed into a run with what it takes to stop, cap and resume them. @module */
export type { Model, ModelMessage, ModelRequest, ModelTool, ModelToolCall } from './model.ts'
export { openaiModel } from './openai.ts'
export type { OpenaiModelOptions } from './openai.ts'
export type { OpenaiClient } from './openai-wire.ts'
export { limitedFetch } from './limited-fetch.ts'
export type { ModelLimits } from './limits.ts'
