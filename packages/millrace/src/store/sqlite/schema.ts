import { access, constants, open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MillraceError } from '../../event/error.ts'
import { Database } from './database.ts'
import type { OpenDriver } from './driver.ts'
import { aFolder, corrupt } from './failure.ts'
import { makeFolder } from './folder.ts'
import { patiently } from './patience.ts'

const SCHEMA_VERSION = 2

/**
 * `runs` holds a run's whole state as JSON under a checksum; the other columns only find it. `key`
 * is the change number of its creation and `version` that of its last change, so neither ever
 * comes twice. `purge`: data is left that nobody reads any more.
 *
 * `journal` is where entries go first, in the order of arrival and with no index of any kind: with
 * one, every run that writes costs a 4 KB page in each commit. `id` is a change number. Where a
 * run's rows are is known in memory (live-rows.ts). `segments` is what sealing makes of them.
 */
const SCHEMA = `
CREATE TABLE runs (
  key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, grp TEXT, principal TEXT NOT NULL, created_at INTEGER NOT NULL,
  version INTEGER NOT NULL, claimable INTEGER NOT NULL, lease_until INTEGER NOT NULL, unsealed INTEGER NOT NULL,
  expires_at INTEGER, purge INTEGER NOT NULL, state TEXT NOT NULL, crc INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_version ON runs (version);
CREATE INDEX runs_by_age ON runs (created_at, id);
CREATE INDEX runs_by_principal ON runs (principal, created_at, id);
CREATE INDEX runs_by_group ON runs (grp, created_at, id) WHERE grp IS NOT NULL;
CREATE INDEX runs_claimable ON runs (created_at, id) WHERE claimable = 1;
CREATE INDEX runs_unsealed ON runs (created_at, id) WHERE unsealed = 1;
CREATE INDEX runs_expiring ON runs (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX runs_purged ON runs (key) WHERE purge = 1;
CREATE TABLE journal (
  id INTEGER PRIMARY KEY, run INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, epoch TEXT NOT NULL,
  lease_until INTEGER NOT NULL, crc INTEGER NOT NULL, bytes BLOB NOT NULL, parts BLOB
) STRICT;
CREATE TABLE segments (
  run INTEGER NOT NULL, last INTEGER NOT NULL, first INTEGER NOT NULL, epoch TEXT NOT NULL, crc INTEGER NOT NULL,
  parts BLOB, head TEXT, bytes BLOB NOT NULL, PRIMARY KEY (run, last)
) STRICT, WITHOUT ROWID;
CREATE TABLE texts (
  run INTEGER NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL, text TEXT NOT NULL, crc INTEGER NOT NULL,
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE signals (
  run INTEGER NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY (run, seq)
) STRICT, WITHOUT ROWID;
PRAGMA user_version = ${String(SCHEMA_VERSION)};`

/** Before it, every line of a row was one entry. */
const FROM_1_TO_2 = `
ALTER TABLE journal ADD COLUMN parts BLOB;
PRAGMA user_version = 2;`

/** Who reads what, by node: gone when its time is over, and no loss if it is. Files of the first days lack it. */
const PRESENCE = `
CREATE TABLE IF NOT EXISTS presence (
  run INTEGER NOT NULL, node TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (run, node)
) STRICT, WITHOUT ROWID;`

/** What an acknowledged write survives: see `SqliteOptions`. */
export type Durability = 'process' | 'power'

/** Opens the file, makes its folder and its tables where they are missing, and checks that they are ours. */
export async function openDatabase(
  path: string, durability: Durability, openDriver: OpenDriver, patience: number,
): Promise<Database> {
  await makeFolder(dirname(path))
  if (path !== ':memory:') await makePrivately(path)
  const database = new Database(openDriver(path))
  try {
    await patiently(() => prepareFile(database, durability), patience)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/**
 * What was asked and answered is nobody else's to read; SQLite gives the files beside it the same mode. A file that is there
 * is not touched: closing it would undo the locks of another store in this process, and SQLite would lose what that one writes.
 */
async function makePrivately(path: string): Promise<void> {
  try {
    await (await open(path, 'wx', 0o600)).close()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    await checkThere(path)
  }
}

/** Of what cannot be opened libsql says no more than that. A link to nothing is left to SQLite, which makes the file. */
async function checkThere(path: string): Promise<void> {
  const found = await stat(path).catch(() => null)
  if (found === null) return
  if (found.isDirectory()) throw aFolder()
  await access(path, constants.R_OK | constants.W_OK)
}

function prepareFile(database: Database, durability: Durability): void {
  const mode = database.all('PRAGMA journal_mode = WAL')[0]?.[0]
  if (mode !== 'wal') {
    throw new MillraceError('store_failed', 'SQLite cannot keep a write-ahead log there: it needs a file on a local disk.')
  }
  database.exec(`PRAGMA synchronous = ${durability === 'power' ? 'FULL' : 'NORMAL'}`)
  if (schemaVersion(database) < SCHEMA_VERSION) {
    database.transaction('IMMEDIATE', () => {
      // Another process may have been faster, and a file of somebody else's is left alone.
      const version = schemaVersion(database)
      if (version === 0 && isEmpty(database)) database.exec(SCHEMA)
      if (version === 1) database.exec(FROM_1_TO_2)
    })
  }
  checkVersion(schemaVersion(database))
  database.exec(PRESENCE)
}

function checkVersion(version: number): void {
  if (version === SCHEMA_VERSION) return
  if (version > SCHEMA_VERSION) {
    throw new MillraceError(
      'store_corrupt',
      `A newer Millrace wrote the SQLite file (schema ${String(version)}; this one knows ${String(SCHEMA_VERSION)}).`,
    )
  }
  throw corrupt('it holds tables, but not those of Millrace')
}

function schemaVersion(database: Database): number {
  return Number(database.all('PRAGMA user_version')[0]?.[0])
}

function isEmpty(database: Database): boolean {
  return database.all('SELECT 1 FROM sqlite_schema LIMIT 1').length === 0
}
