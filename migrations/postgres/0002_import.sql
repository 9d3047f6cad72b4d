-- HR's file on its way into `agent` (docs/decisions/0015-import-in-two-steps.md). The SQLite twin has the same number
-- and name.

-- One import. `reading`: its lines are still being checked, and nothing of it counts. `decided`: it will be written, by
-- whoever comes. `done`: it was.
CREATE TABLE import_run (
  run_id     BIGINT NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  state      TEXT    NOT NULL CHECK (state IN ('reading', 'decided', 'done')),
  actor_kind TEXT    NOT NULL,
  actor      TEXT    NOT NULL,
  -- lines up to this place are written
  applied    BIGINT  NOT NULL,
  -- the place of the last line
  last       BIGINT  NOT NULL,
  -- of the audit row for the whole
  detail     JSONB   NOT NULL,
  touched_at BIGINT  NOT NULL
);
-- One import is written at a time.
CREATE UNIQUE INDEX import_run_decided ON import_run (state) WHERE state = 'decided';

-- One agent to be written, with the audit row. Lines of one place are written together: a manager comes to the place of
-- whoever needs them first. Gone when written; no foreign key, because runs are never deleted before their lines.
CREATE TABLE import_line (
  run_id         BIGINT  NOT NULL,
  place          BIGINT  NOT NULL,
  nth            BIGINT  NOT NULL,
  kind           TEXT    NOT NULL CHECK (kind IN ('added', 'changed', 'left')),
  act            TEXT    NOT NULL,
  soi            TEXT    NOT NULL,
  -- of a new agent
  sub            TEXT,
  given_name     TEXT    NOT NULL,
  family_name    TEXT    NOT NULL,
  search_key     TEXT    NOT NULL,
  email          TEXT    NOT NULL,
  recovery_email TEXT,
  mobile         TEXT,
  department     TEXT,
  position       TEXT,
  manager_soi    TEXT,
  employment     TEXT    NOT NULL,
  start_date     TEXT,
  end_date       TEXT,
  -- of a known agent: what the line was compared with
  version        BIGINT,
  -- why the agent's sessions end
  shut_out       TEXT,
  -- of the audit row
  detail         JSONB   NOT NULL,
  PRIMARY KEY (run_id, place, nth)
);
