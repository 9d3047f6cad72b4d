-- HR's file on its way into `agent` (docs/decisions/0015-import-in-two-steps.md). The PostgreSQL twin has the same number
-- and name.

-- One import. `reading`: its lines are still being checked, and nothing of it counts. `decided`: it will be written, by
-- whoever comes. `done`: it was.
CREATE TABLE import_run (
  run_id     INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  state      TEXT    NOT NULL CHECK (state IN ('reading', 'decided', 'done')),
  actor_kind TEXT    NOT NULL,
  actor      TEXT    NOT NULL,
  -- lines up to this place are written
  applied    INTEGER NOT NULL,
  -- the place of the last line
  last       INTEGER NOT NULL,
  -- of the audit row for the whole
  detail     TEXT    NOT NULL,
  touched_at INTEGER NOT NULL
) STRICT;
-- One import is written at a time.
CREATE UNIQUE INDEX import_run_decided ON import_run (state) WHERE state = 'decided';

-- One agent to be written, with the audit row. Lines of one place are written together: a manager comes to the place of
-- whoever needs them first. Gone when written; no foreign key, because runs are never deleted before their lines.
CREATE TABLE import_line (
  run_id         INTEGER NOT NULL,
  place          INTEGER NOT NULL,
  nth            INTEGER NOT NULL,
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
  version        INTEGER,
  -- why the agent's sessions end
  shut_out       TEXT,
  -- of the audit row
  detail         TEXT    NOT NULL,
  PRIMARY KEY (run_id, place, nth)
) STRICT, WITHOUT ROWID;
