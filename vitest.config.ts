import { defineConfig } from 'vitest/config'

// Two cores are what the checks run on. A test that starts servers and browsers wants both.
const parts = [
  { name: 'unit', include: ['packages/*/src/**/*.test.{ts,tsx}'], maxWorkers: 2 },
  { name: 'whole', include: ['test/**/*.test.ts'], maxWorkers: 1 },
]

export default defineConfig({
  test: {
    pool: 'forks',
    retry: 0,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: parts.map((part, groupOrder) => ({ extends: true, test: { ...part, sequence: { groupOrder } } })),
  },
})
