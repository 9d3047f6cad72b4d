-- Passwords reset by their agents or with a code of the help desk, and credentials suspended by "this was not me". The
-- PostgreSQL twin has the same number and name.

-- From when on the password opens nothing, although it is right; only a code of the help desk ends that.
ALTER TABLE password ADD COLUMN suspended_at INTEGER;

-- How the code came to the agent; NULL: before this was noted.
ALTER TABLE activation_code ADD COLUMN delivery TEXT CHECK (delivery IN ('manager', 'letter', 'counter', 'mail'));

-- One attempt to reset a password, in one browser. Who asks for a SOI that does not exist, or has no such channel, gets
-- a row as well: it has no agent, and no code opens it.
CREATE TABLE password_reset (
  -- SHA-256 of the ticket that the form carries, and of the browser's pre-session cookie
  ticket_hash    BLOB    NOT NULL PRIMARY KEY,
  browser_hash   BLOB    NOT NULL,
  -- HMAC of what was typed as SOI: under it the tries are counted
  identifier_key BLOB    NOT NULL,
  -- whose password it is; no reference: looking an agent up takes time that nobody else takes
  soi            TEXT,
  channel        TEXT    NOT NULL CHECK (channel IN ('work_email', 'recovery_email', 'mobile')),
  -- HMAC under a key outside the database, bound to the ticket
  code_hash      BLOB    NOT NULL,
  tries          INTEGER NOT NULL,
  -- how often a code was sent, or not sent
  sendings       INTEGER NOT NULL,
  -- new passwords that were compared with those before
  choices        INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  -- of the code
  expires_at     INTEGER NOT NULL,
  -- the code was right; the password is chosen within minutes
  proved_at      INTEGER,
  consumed_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX password_reset_soi ON password_reset (soi);
CREATE INDEX password_reset_created_at ON password_reset (created_at);

-- A reset code for an administrator waits here for a second person.
CREATE TABLE reset_demand (
  soi         TEXT    NOT NULL PRIMARY KEY REFERENCES agent (soi),
  delivery    TEXT    NOT NULL CHECK (delivery IN ('manager', 'letter', 'counter')),
  demanded_by TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How often something was asked for within a window that began with the first time.
CREATE TABLE budget (
  -- HMAC of what it is about: a SOI as typed, a network, a reference
  budget_key BLOB    NOT NULL PRIMARY KEY,
  used       INTEGER NOT NULL,
  window_end INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX budget_window_end ON budget (window_end);
