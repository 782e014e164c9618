/**
 * How a function that locks a run is declared. A caller gives up after 3 s, but what it has sent would
 * wait in the server for as long as the row is held, and keep a connection: so it gives up before.
 */
export const LOCKING = "SET lock_timeout = '2500ms'"

/** How a function begins that is about one run, `p_run`: the run is locked, and refused where it has no data any more. */
export const opening = (s: string, lock: 'NO KEY UPDATE' | 'KEY SHARE' = 'NO KEY UPDATE'): string => `DECLARE
  r ${s}.runs;
  now bigint;
  refused text;
BEGIN
  SELECT * INTO r FROM ${s}.runs WHERE id = p_run FOR ${lock};
  now := ${s}.clock();
  refused := ${s}.refusal_of(r, now);`

/**
 * What the functions share. Time is asked for after a row is locked, for a lock may have been waited for.
 * A function answers JSON as text, or a refusal in one bare word: what a driver makes of types is its user's to choose.
 */
export const shared = (s: string): string => `
CREATE FUNCTION ${s}.clock() RETURNS bigint LANGUAGE sql VOLATILE AS $$
  SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint
$$;

-- How a run that has no data any more is refused; null where it has.
CREATE FUNCTION ${s}.refusal_of(r ${s}.runs, now bigint) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  gone_at bigint := coalesce(r.deleted_at, r.ended_at + r.retention);
BEGIN
  IF r.key IS NULL THEN RETURN 'not_found'; END IF;
  IF gone_at IS NULL OR now < gone_at THEN RETURN NULL; END IF;
  RETURN CASE WHEN now < gone_at + r.tombstone THEN 'gone' ELSE 'not_found' END;
END $$;

-- The record as it is kept, and the time: what it says at that time is decided by its reader.
CREATE FUNCTION ${s}.told(r ${s}.runs, now bigint) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT json_build_object('now', now, 'run', CASE WHEN r.key IS NOT NULL THEN row_to_json(r) END)
$$;

-- Signals that nobody consumed, oldest first.
CREATE FUNCTION ${s}.pending(p_key bigint, p_consumed bigint) RETURNS json LANGUAGE sql STABLE AS $$
  SELECT coalesce(json_agg(json_build_object('seq', seq, 'id', id, 'type', type, 'data', data) ORDER BY seq), '[]')
  FROM ${s}.signals WHERE run = p_key AND seq > p_consumed
$$;

CREATE FUNCTION ${s}.keep_text(p_key bigint, p_name text, p_at bigint, p_text text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO ${s}.texts (run, name, at, text) VALUES (p_key, p_name, p_at, p_text)
  ON CONFLICT (run, name) DO UPDATE SET at = excluded.at, text = excluded.text
$$;
`
