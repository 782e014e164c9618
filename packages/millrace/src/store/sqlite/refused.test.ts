import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { withFolder } from '../../../../../test/fault/sqlite/processes.ts'
import { sqliteDrivers } from '../../../../../test/support/sqlite-drivers.ts'
import { EngineError } from './driver.ts'
import { toStoreError } from './failure.ts'
import { sqlite } from './store.ts'
import type { SqliteDriver } from './drivers.ts'

/** What the first call on such a file says; `null` where it will do. */
async function saidOf(path: string, driver: SqliteDriver): Promise<unknown> {
  const store = sqlite(path, { driver })
  try {
    return await store.list({ limit: 1 }).then(() => null, (error: unknown) => error)
  } finally {
    await store.close()
  }
}

describe.each(sqliteDrivers)('a file that will not do, on %s', (driver) => {
  test('a folder of that name is said to be one', async () => {
    await withFolder(async (folder) => {
      expect(await saidOf(folder, driver)).toMatchObject({ code: 'store_failed', message: expect.stringContaining('A folder has the name') as string })
    })
  })

  test('folders that are missing are made, by all who want them at once', async () => {
    await withFolder(async (folder) => {
      const paths = Array.from({ length: 4 }, (_, n) => join(folder, 'a', 'b', 'c', `log-${String(n)}.db`))
      expect(await Promise.all(paths.map((path) => saidOf(path, driver)))).toEqual([null, null, null, null])
    })
  })

  test('a file in the way of a folder is said to be there', async () => {
    await withFolder(async (folder) => {
      await writeFile(join(folder, 'words.txt'), 'words')
      for (const path of ['words.txt/log.db', 'words.txt/a/log.db']) {
        expect(await saidOf(join(folder, path), driver)).toMatchObject({ message: expect.stringContaining('a file has its name') as string })
      }
    })
  })

  test.runIf(process.platform === 'linux')('where no folder can be made, the call fails and does not try for ever', async () => {
    for (const path of ['/proc/millrace.db', '/proc/millrace/log.db', '/proc/millrace/a/log.db']) {
      expect(await saidOf(path, driver)).toMatchObject({ code: 'store_failed', message: expect.stringContaining('cannot be made there') as string })
    }
  })

  test('a link to a file that is not there yet makes that file', async () => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, 'elsewhere'))
      await symlink(join(folder, 'elsewhere', 'log.db'), join(folder, 'log.db'))
      expect(await saidOf(join(folder, 'log.db'), driver)).toBeNull()
    })
  })
})

test.each([['a folder that may not be written', 1544], ['what cannot be opened', 14]])('%s is a matter of rights', (_, code) => {
  expect(toStoreError(new EngineError(code, null))).toMatchObject({ code: 'store_failed', message: expect.stringContaining('may not write') as string })
})
