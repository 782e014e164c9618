/** All of them are `STABLE`: what they ask sees one moment, that of the statement that calls them. */
export const reads = (s: string): string => `
CREATE FUNCTION ${s}.find_run(p_run text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  r ${s}.runs;
BEGIN
  SELECT * INTO r FROM ${s}.runs WHERE id = p_run;
  RETURN ${s}.told(r, ${s}.clock());
END $$;

-- Answers {told, texts}, each text as [at, text] under its name.
CREATE FUNCTION ${s}.load_run(p_run text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  r ${s}.runs;
BEGIN
  SELECT * INTO r FROM ${s}.runs WHERE id = p_run;
  RETURN json_build_object('told', ${s}.told(r, ${s}.clock()), 'texts', (
    SELECT coalesce(json_object_agg(name, json_build_array(at, text)), '{}') FROM ${s}.texts WHERE run = r.key
  ));
END $$;

-- The first row tells of the run, each other one is a batch: about as many bytes as asked for, at least one where there is one.
CREATE FUNCTION ${s}.read_run(p_run text, p_after bigint, p_most bigint)
RETURNS TABLE (told text, first text, last text, epoch text, parts bytea, head text, bytes bytea) LANGUAGE plpgsql STABLE AS $$
DECLARE
  r ${s}.runs;
  now bigint := ${s}.clock();
  size bigint := 0;
BEGIN
  SELECT * INTO r FROM ${s}.runs WHERE id = p_run;
  told := ${s}.told(r, now);
  RETURN NEXT;
  IF ${s}.refusal_of(r, now) IS NOT NULL THEN RETURN; END IF;
  told := NULL;
  FOR first, last, epoch, parts, head, bytes IN
    SELECT b.first, b.last, b.epoch, b.parts, b.head, b.bytes FROM ${s}.batches AS b
    WHERE b.run = r.key AND b.last > p_after ORDER BY b.last
  LOOP
    RETURN NEXT;
    size := size + length(bytes);
    EXIT WHEN size >= p_most;
  END LOOP;
END $$;
`
