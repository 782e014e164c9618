import { execFileSync } from 'node:child_process'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { MillraceError } from '../../../packages/millrace/src/event/error.ts'
import { sqlite } from '../../../packages/millrace/src/store/sqlite/store.ts'
import { expectLog, says, start } from '../../../packages/millrace/src/store/testing/fixtures.ts'
import { sqliteDrivers } from '../../support/sqlite-drivers.ts'
import { withFolder } from './processes.ts'

/** A file system small enough to fill takes root and a kernel that lets it mount one. */
function mounted(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

describe.each(sqliteDrivers)('a full disk under %s', (driver) => {
  test('a write is store_failed and writes nothing; with room again the run goes on', ({ skip }) =>
    withFolder(async (folder) => {
      skip(!mounted(folder), 'no file system can be mounted here')
      try {
        const store = sqlite(join(folder, 'log.db'), { driver })
        const ballast = join(folder, 'ballast')
        await writeFile(ballast, new Uint8Array(1 << 20))
        const { run, lease } = await start(store)
        const texts: string[] = []
        let refused: unknown
        for (let i = 0; i < 1_000 && refused === undefined; i++) {
          const text = `${String(i)} ${'x'.repeat(8_000)}`
          await store.append(run, lease, says(texts.length + 1, text)).then(
            () => texts.push(text),
            (error: unknown) => { refused = error },
          )
        }
        expect(refused).toBeInstanceOf(MillraceError)
        expect(refused).toMatchObject({ code: 'store_failed' })
        expect(String(refused)).toMatch(/disk is full/)
        expect(texts.length).toBeGreaterThan(10)
        await expectLog(store, run, texts, 'the log on the full disk')
        await rm(ballast)
        await store.append(run, lease, says(texts.length + 1, 'room again'))
        await expectLog(store, run, [...texts, 'room again'], 'the log afterwards')
        await store.close()
      } finally {
        execFileSync('umount', ['-l', folder])
      }
    }))
})
