/** Where answers come from: models behind one contract, streamed into a run with what it takes to stop, cap and resume them. @module */
export type { Model, ModelMessage, ModelRequest, ModelTool, ModelToolCall } from './model.ts'
export type { ModelLimits } from './limits.ts'
