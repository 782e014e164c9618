import { LOCKING } from './shared.ts'

/**
 * p_segments: [first, last, epoch, length of parts or null, head or null, length of bytes] for each, whose
 * parts and bytes lie one after another in p_data. Answers null, or a refusal.
 */
export const seal = (s: string): string => `
CREATE FUNCTION ${s}.seal_run(
  p_run text, p_first bigint, p_last bigint, p_joined boolean, p_segments text, p_data bytea, p_snapshot text
) RETURNS text LANGUAGE plpgsql ${LOCKING} AS $$
DECLARE
  r ${s}.runs;
  refused text;
  segment json;
  at int := 1;
  parts bytea;
BEGIN
  SELECT * INTO r FROM ${s}.runs WHERE id = p_run FOR NO KEY UPDATE;
  refused := ${s}.refusal_of(r, ${s}.clock());
  IF refused IS NOT NULL THEN RETURN refused; END IF;
  IF p_last <= r.sealed_to THEN RETURN 'null'; END IF;
  IF p_last > r.tail THEN RETURN 'regressed'; END IF;
  IF NOT p_joined OR p_first < 1 OR p_first > r.sealed_to + 1 THEN RETURN 'conflict'; END IF;
  -- Rows begin and end there: the first unpacked row begins after the last segment by itself.
  IF p_first <= r.sealed_to AND NOT EXISTS (
    SELECT FROM ${s}.batches WHERE run = r.key AND last >= p_first AND last <= r.sealed_to AND first = p_first
  ) THEN RETURN 'conflict'; END IF;
  IF NOT EXISTS (SELECT FROM ${s}.batches WHERE run = r.key AND last = p_last) THEN RETURN 'conflict'; END IF;

  DELETE FROM ${s}.batches WHERE run = r.key AND last BETWEEN p_first AND p_last;
  FOR segment IN SELECT * FROM json_array_elements(p_segments::json) LOOP
    parts := substring(p_data FROM at FOR (segment ->> 3)::int);
    at := at + coalesce((segment ->> 3)::int, 0);
    INSERT INTO ${s}.batches (run, first, last, epoch, parts, head, bytes) VALUES (
      r.key, (segment ->> 0)::bigint, (segment ->> 1)::bigint, segment ->> 2, parts, segment ->> 4,
      substring(p_data FROM at FOR (segment ->> 5)::int)
    );
    at := at + (segment ->> 5)::int;
  END LOOP;
  UPDATE ${s}.runs SET sealed_to = p_last, unsealed = ended_at IS NOT NULL AND p_last < tail WHERE key = r.key;
  IF p_snapshot IS NOT NULL THEN PERFORM ${s}.keep_text(r.key, 'snapshot', 0, p_snapshot); END IF;
  RETURN 'null';
END $$;
`
