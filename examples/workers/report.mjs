import { setTimeout as sleep } from 'node:timers/promises'
import { defineRun } from 'millrace'

// Long work in steps. Whoever takes it over after a crash goes on behind the last word that stands in the log.
export const report = defineRun({
  recover: 'resume',
  async *run({ input, signal, resumed }) {
    const said = resumed ? (await resumed.text()).split(' ').length - 1 : 0
    for (let word = said + 1; word <= input.words; word += 1) {
      yield `${word} `
      await sleep(10, undefined, { signal })
    }
    return { words: input.words }
  },
})
