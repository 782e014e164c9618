import { LOCKING, opening } from './shared.ts'

/** Answers {fence, told, signals, waited}, `null` while it is held, or a refusal. */
export const acquire = (s: string): string => `
CREATE FUNCTION ${s}.acquire_run(p_run text, p_nonce text, p_ttl bigint, p_epoch text, p_revoke boolean)
RETURNS text LANGUAGE plpgsql ${LOCKING} AS $$
${opening(s)}
  IF refused IS NOT NULL THEN RETURN refused; END IF;
  IF r.ended_at IS NOT NULL THEN RETURN 'ended'; END IF;

  IF r.nonce = p_nonce THEN
    UPDATE ${s}.runs SET lease_until = now + p_ttl WHERE key = r.key RETURNING * INTO r;
  ELSIF r.status = 'running' AND r.lease_until > now AND NOT p_revoke THEN
    RETURN 'null';
  ELSE
    UPDATE ${s}.runs SET
      status = 'running', fence = r.fence + 1, losses = r.losses + (r.status = 'running')::int, nonce = p_nonce, lease_until = now + p_ttl,
      -- A lease that wrote nothing leaves no epoch: a crash loop does not grow the table.
      epochs = (
        SELECT coalesce(jsonb_agg(e ORDER BY n), '[]') FROM jsonb_array_elements(r.epochs) WITH ORDINALITY AS known (e, n)
        WHERE (e ->> 0)::bigint <= r.tail
      ) || jsonb_build_array(jsonb_build_array(r.tail + 1, p_epoch))
    WHERE key = r.key RETURNING * INTO r;
  END IF;
  RETURN json_build_object(
    'fence', r.fence, 'told', ${s}.told(r, now), 'signals', ${s}.pending(r.key, r.consumed),
    'waited', coalesce(split_part(r.last, ' ', 6) = 'waiting' AND split_part(r.last, ' ', 1)::bigint = r.fence - 1, false)
  );
END $$;
`
