/**
 * Clears away one slice of what nobody reads any more: the data of runs whose retention is over or that were deleted, then
 * their tombstones. Any process may do it, several at once. Answers whether there may be more.
 */
export const clear = (s: string): string => `
CREATE FUNCTION ${s}.clear_slice(p_runs int, p_rows int) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r ${s}.runs;
  now bigint := ${s}.clock();
  gone_at bigint;
  seen int := 0;
  left_over int := p_rows;
  removed int;
BEGIN
  FOR r IN SELECT * FROM ${s}.runs WHERE due_at <= now ORDER BY due_at LIMIT p_runs FOR UPDATE SKIP LOCKED LOOP
    seen := seen + 1;
    DELETE FROM ${s}.batches WHERE run = r.key AND last <= (
      SELECT max(last) FROM (SELECT last FROM ${s}.batches WHERE run = r.key ORDER BY last LIMIT left_over) AS oldest
    );
    GET DIAGNOSTICS removed = ROW_COUNT;
    left_over := left_over - removed;
    IF left_over <= 0 THEN RETURN 'true'; END IF;
    DELETE FROM ${s}.texts WHERE run = r.key;
    DELETE FROM ${s}.signals WHERE run = r.key;
    DELETE FROM ${s}.presence WHERE run = r.key;
    gone_at := coalesce(r.deleted_at, r.ended_at + r.retention);
    IF now < gone_at + r.tombstone THEN
      UPDATE ${s}.runs SET title = '', deleted_at = gone_at, due_at = gone_at + r.tombstone, nonce = NULL, last = NULL, unsealed = false
      WHERE key = r.key;
    ELSE
      DELETE FROM ${s}.runs WHERE key = r.key;
    END IF;
  END LOOP;
  RETURN seen = p_runs;
END $$;
`
