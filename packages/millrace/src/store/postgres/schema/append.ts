import { LOCKING } from './shared.ts'

/**
 * Answers the tail, {tail, signals} where signals wait, or a refusal.
 *
 * What nearly every append is comes first: entries and nothing else, from the holder, at the tail,
 * and no signal waits. Whoever has the current nonce writes to a run that has neither ended nor
 * gone, so this is one update and one insert. The rest says the same, and everything else.
 */
export const append = (s: string): string => `
CREATE FUNCTION ${s}.append_run(
  p_run text, p_fence bigint, p_nonce text, p_ttl bigint, p_epoch text, p_after bigint, p_count bigint, p_bytes bytea, p_parts bytea,
  p_end text, p_release text, p_consumed bigint, p_checkpoint text, p_wait bigint
) RETURNS text LANGUAGE plpgsql ${LOCKING} AS $$
DECLARE
  r ${s}.runs;
  now bigint;
  refused text;
  held_key bigint;
  said text := concat_ws(' ', p_fence, p_nonce, p_after, p_count, coalesce(p_end, ''), coalesce(p_release, ''));
  leaves boolean := p_end IS NOT NULL OR p_release IS NOT NULL;
  is_current boolean;
BEGIN
  IF p_count > 0 AND NOT leaves AND p_consumed IS NULL AND p_checkpoint IS NULL THEN
    UPDATE ${s}.runs SET tail = p_after + p_count, lease_until = ${s}.clock() + p_ttl, last = said, last_digest = sha256(p_bytes)
    WHERE id = p_run AND nonce = p_nonce AND fence = p_fence AND tail = p_after AND signals = consumed
    RETURNING key INTO held_key;
    IF FOUND THEN
      INSERT INTO ${s}.batches (run, last, first, epoch, bytes, parts) VALUES (held_key, p_after + p_count, p_after + 1, p_epoch, p_bytes, p_parts);
      RETURN p_after + p_count;
    END IF;
  END IF;

  SELECT * INTO r FROM ${s}.runs WHERE id = p_run FOR NO KEY UPDATE;
  now := ${s}.clock();
  refused := ${s}.refusal_of(r, now);
  IF refused IS NOT NULL THEN RETURN refused; END IF;
  is_current := coalesce(r.nonce = p_nonce, false) AND r.fence = p_fence;

  IF NOT is_current OR p_after <> r.tail THEN
    IF r.last = said AND (p_count = 0 OR r.last_digest = sha256(p_bytes)) THEN
      IF is_current THEN UPDATE ${s}.runs SET lease_until = now + p_ttl WHERE key = r.key; END IF;
      RETURN json_build_object('tail', r.tail, 'signals', ${s}.pending(r.key, r.consumed));
    END IF;
    IF r.ended_at IS NOT NULL THEN RETURN 'ended'; END IF;
    IF NOT is_current THEN RETURN 'fenced'; END IF;
    RETURN CASE WHEN p_after < r.tail THEN 'conflict' ELSE 'regressed' END;
  END IF;

  UPDATE ${s}.runs SET
    tail = r.tail + p_count,
    status = coalesce(p_end, p_release, r.status),
    nonce = CASE WHEN NOT leaves THEN r.nonce END,
    lease_until = CASE WHEN NOT leaves THEN now + p_ttl WHEN p_release = 'waiting' THEN coalesce(now + p_wait, 0) ELSE 0 END,
    consumed = greatest(r.consumed, p_consumed),
    last = CASE WHEN leaves OR p_count > 0 THEN said ELSE r.last END,
    last_digest = CASE WHEN leaves OR p_count > 0 THEN sha256(p_bytes) ELSE r.last_digest END,
    ended_at = CASE WHEN p_end IS NOT NULL THEN now END,
    due_at = CASE WHEN p_end IS NOT NULL THEN now + r.retention END,
    unsealed = p_end IS NOT NULL AND r.sealed_to < r.tail + p_count
  WHERE key = r.key RETURNING * INTO r;
  IF p_count > 0 THEN
    INSERT INTO ${s}.batches (run, last, first, epoch, bytes, parts) VALUES (r.key, r.tail, p_after + 1, p_epoch, p_bytes, p_parts);
  END IF;
  IF p_checkpoint IS NOT NULL THEN PERFORM ${s}.keep_text(r.key, 'checkpoint', r.tail, p_checkpoint); END IF;
  RETURN json_build_object('tail', r.tail, 'signals', ${s}.pending(r.key, r.consumed));
END $$;
`
