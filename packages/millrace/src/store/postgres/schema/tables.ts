/**
 * `runs` holds a run's whole state. What no index names may change without touching one (a HOT
 * update), so nothing that an append changes stands in an index or in its condition. `due_at`: when
 * there is something to clear away. `last` and `last_digest` tell the newest write again.
 *
 * `batches` holds what was written, as it was written or packed by `seal`: a packed row has `parts` or `head`.
 *
 * Strings of any length are found by a hash: an index holds at most 2.7 kB of one.
 */
export const tables = (s: string): string => `
CREATE TABLE ${s}.runs (
  key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  id text COLLATE "C" NOT NULL UNIQUE,
  grp text COLLATE "C",
  kind text COLLATE "C" NOT NULL,
  principal text COLLATE "C" NOT NULL,
  title text NOT NULL,
  digest text NOT NULL,
  created_by text NOT NULL,
  created_at bigint NOT NULL,
  retention bigint NOT NULL,
  tombstone bigint NOT NULL,
  status text NOT NULL,
  tail bigint NOT NULL DEFAULT 1,
  epochs jsonb NOT NULL,
  fence bigint NOT NULL,
  losses bigint NOT NULL DEFAULT 0,
  nonce text,
  lease_until bigint NOT NULL,
  signals bigint NOT NULL DEFAULT 0,
  consumed bigint NOT NULL DEFAULT 0,
  last text,
  last_digest bytea,
  ended_at bigint,
  sealed_to bigint NOT NULL DEFAULT 0,
  unsealed boolean NOT NULL DEFAULT false,
  deleted_at bigint,
  due_at bigint
) WITH (fillfactor = 60);
CREATE INDEX runs_by_age ON ${s}.runs (created_at, id);
CREATE INDEX runs_by_principal ON ${s}.runs (hashtextextended(principal, 0), created_at, id);
CREATE INDEX runs_by_kind ON ${s}.runs (hashtextextended(kind, 0), created_at, id);
CREATE INDEX runs_by_group ON ${s}.runs (grp, created_at, id) WHERE grp IS NOT NULL;
CREATE INDEX runs_open ON ${s}.runs (created_at, id) WHERE ended_at IS NULL AND deleted_at IS NULL;
CREATE INDEX runs_unsealed ON ${s}.runs (created_at, id) WHERE unsealed;
CREATE INDEX runs_due ON ${s}.runs (due_at) WHERE due_at IS NOT NULL;

CREATE TABLE ${s}.batches (
  run bigint NOT NULL, last bigint NOT NULL, first bigint NOT NULL, epoch text NOT NULL,
  parts bytea, head text, bytes bytea NOT NULL, PRIMARY KEY (run, last)
);
CREATE TABLE ${s}.texts (
  run bigint NOT NULL, name text NOT NULL, at bigint NOT NULL, text text NOT NULL, PRIMARY KEY (run, name)
);
CREATE TABLE ${s}.signals (
  run bigint NOT NULL, seq bigint NOT NULL, id text NOT NULL, type text NOT NULL, data text NOT NULL, PRIMARY KEY (run, seq)
);
-- Who reads what, which a crash may forget: it costs no write-ahead log.
CREATE UNLOGGED TABLE ${s}.presence (
  run bigint NOT NULL, node text NOT NULL, until bigint NOT NULL, PRIMARY KEY (run, node)
);
`
