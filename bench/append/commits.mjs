// How often an SQLite in this process was written to: a transaction is what a round trip is to a server.
import Database from 'libsql'

let begun = 0
const exec = Database.prototype.exec
Database.prototype.exec = function count(sql) {
  if (sql === 'BEGIN IMMEDIATE') begun += 1
  return exec.call(this, sql)
}

export const commits = () => begun
