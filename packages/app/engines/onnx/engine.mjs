export * from '@huggingface/transformers'
