/** Where answers come from: models behind one contract, streamed into a run with what it takes to stop, cap and resume them. @module */
export type { Model, ModelMessage, ModelRequest, ModelTool, ModelToolCall } from './model.ts'
export type { ModelLimits } from './limits.ts'
export { ggufModel } from './gguf.ts'
export type { GgufOptions, LlamaCpp } from './gguf.ts'
export { onnxModel } from './onnx.ts'
export type { OnnxOptions, TransformersJs } from './onnx.ts'
export type { LocalModel } from './local/local-model.ts'
