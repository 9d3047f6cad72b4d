-- Attempts of an agent's known browsers have a budget of their own, failures are known by source network, and what looks
-- like guessing is told once (docs/decisions/0022). The PostgreSQL twin has the same number and name.

-- The primary key gets a column, for which SQLite needs a new table.
CREATE TABLE throttle_by_browser (
  identifier_key BLOB    NOT NULL,
  zone           TEXT    NOT NULL,
  -- digest of a browser that this agent has used before; empty: everybody else
  browser        BLOB    NOT NULL,
  -- without success
  attempts       INTEGER NOT NULL,
  last_at        INTEGER NOT NULL,
  blocked_until  INTEGER NOT NULL,
  -- each failure moves it by two hours; how far ahead it may lie bounds the failures of a day
  spent_until    INTEGER NOT NULL,
  PRIMARY KEY (identifier_key, zone, browser)
) STRICT;
INSERT INTO throttle_by_browser SELECT identifier_key, zone, x'', attempts, last_at, blocked_until, last_at FROM throttle;
DROP TABLE throttle;
ALTER TABLE throttle_by_browser RENAME TO throttle;
CREATE INDEX throttle_last_at ON throttle (last_at);

-- Who failed from which network, in browsers that nobody knows. Both keys are HMACs; that of the network holds the zone.
CREATE TABLE throttle_failure (
  network_key    BLOB    NOT NULL,
  identifier_key BLOB    NOT NULL,
  failures       INTEGER NOT NULL,
  last_at        INTEGER NOT NULL,
  PRIMARY KEY (network_key, identifier_key)
) STRICT;
CREATE INDEX throttle_failure_identifier ON throttle_failure (identifier_key);
CREATE INDEX throttle_failure_last_at ON throttle_failure (last_at);

-- Networks from which attempts are let through one by one.
CREATE TABLE throttle_network (
  network_key   BLOB    NOT NULL PRIMARY KEY,
  slowed_until  INTEGER NOT NULL,
  -- the next attempt
  blocked_until INTEGER NOT NULL
) STRICT;

-- What was told already of a network or an identifier, and when.
CREATE TABLE suspicion (
  kind        TEXT    NOT NULL CHECK (kind IN ('many_attempts', 'many_identifiers', 'many_networks')),
  subject_key BLOB    NOT NULL,
  last_at     INTEGER NOT NULL,
  PRIMARY KEY (kind, subject_key)
) STRICT;
