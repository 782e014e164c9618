import { LOCKING } from './shared.ts'

/** Answers {created, told}. A tombstone whose time is over, and which nobody has cleared yet, makes way under another name. */
export const create = (s: string): string => `
CREATE FUNCTION ${s}.create_run(
  p_run text, p_nonce text, p_ttl bigint, p_epoch text, p_kind text, p_principal text, p_title text, p_digest text,
  p_input text, p_retention bigint, p_tombstone bigint, p_start bytea
) RETURNS text LANGUAGE plpgsql ${LOCKING} AS $$
DECLARE
  r ${s}.runs;
  now bigint;
  refused text;
BEGIN
  LOOP
    SELECT * INTO r FROM ${s}.runs WHERE id = p_run FOR NO KEY UPDATE;
    now := ${s}.clock();
    IF FOUND THEN
      refused := ${s}.refusal_of(r, now);
      IF refused IS DISTINCT FROM 'not_found' THEN
        RETURN json_build_object('created', refused IS NULL AND r.created_by = p_nonce, 'told', ${s}.told(r, now));
      END IF;
      UPDATE ${s}.runs SET id = '#' || key, deleted_at = coalesce(deleted_at, ended_at + retention), due_at = 0 WHERE key = r.key;
    END IF;
    INSERT INTO ${s}.runs (
      id, grp, kind, principal, title, digest, created_by, created_at, retention, tombstone, status, epochs, fence, nonce, lease_until
    ) VALUES (
      p_run, CASE WHEN position('.' IN p_run) > 0 THEN split_part(p_run, '.', 1) END, p_kind, p_principal, p_title, p_digest,
      p_nonce, now, p_retention, p_tombstone,
      CASE WHEN p_ttl > 0 THEN 'running' ELSE 'queued' END, jsonb_build_array(jsonb_build_array(1, p_epoch)),
      (p_ttl > 0)::int, CASE WHEN p_ttl > 0 THEN p_nonce END, CASE WHEN p_ttl > 0 THEN now + p_ttl ELSE 0 END
    ) ON CONFLICT (id) DO NOTHING RETURNING * INTO r;
    -- Somebody else was faster: it is looked at again.
    EXIT WHEN FOUND;
  END LOOP;
  INSERT INTO ${s}.batches (run, last, first, epoch, bytes) VALUES (r.key, 1, 1, p_epoch, p_start);
  INSERT INTO ${s}.texts (run, name, at, text) VALUES (r.key, 'input', 0, p_input);
  RETURN json_build_object('created', true, 'told', ${s}.told(r, now));
END $$;
`
