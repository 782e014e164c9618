import { LOCKING, opening } from './shared.ts'

/** The small ones: a signal, a reader's presence, a deletion. */
export const changes = (s: string): string => `
-- Answers what is told of the run, or a refusal. A run has few signals, and they lie together.
CREATE FUNCTION ${s}.signal_run(p_run text, p_id text, p_type text, p_data text) RETURNS text LANGUAGE plpgsql ${LOCKING} AS $$
${opening(s)}
  IF refused IS NOT NULL THEN RETURN refused; END IF;
  IF r.ended_at IS NULL AND NOT EXISTS (SELECT FROM ${s}.signals WHERE run = r.key AND id = p_id) THEN
    UPDATE ${s}.runs SET signals = r.signals + 1 WHERE key = r.key RETURNING * INTO r;
    INSERT INTO ${s}.signals (run, seq, id, type, data) VALUES (r.key, r.signals, p_id, p_type, p_data);
  END IF;
  RETURN ${s}.told(r, now);
END $$;

-- Answers at how many nodes the run is read, or a refusal. The lock only keeps the run from being cleared away meanwhile.
CREATE FUNCTION ${s}.touch_run(p_run text, p_node text, p_ttl bigint) RETURNS text LANGUAGE plpgsql ${LOCKING} AS $$
${opening(s, 'KEY SHARE')}
  IF refused IS NOT NULL THEN RETURN refused; END IF;
  IF p_ttl > 0 THEN
    INSERT INTO ${s}.presence (run, node, until) VALUES (r.key, p_node, now + p_ttl)
    ON CONFLICT (run, node) DO UPDATE SET until = excluded.until;
  ELSE
    DELETE FROM ${s}.presence WHERE run = r.key AND node = p_node;
  END IF;
  RETURN (SELECT count(*) FROM ${s}.presence WHERE run = r.key AND until > now);
END $$;

-- Leaves a tombstone; its data is cleared away in slices. Answers null, or a refusal.
CREATE FUNCTION ${s}.remove_run(p_run text) RETURNS text LANGUAGE plpgsql ${LOCKING} AS $$
${opening(s)}
  IF refused = 'gone' THEN RETURN 'null'; END IF;
  IF refused IS NOT NULL THEN RETURN refused; END IF;
  UPDATE ${s}.runs SET title = '', deleted_at = now, due_at = now, nonce = NULL, lease_until = 0, last = NULL, unsealed = false
  WHERE key = r.key;
  RETURN 'null';
END $$;
`
