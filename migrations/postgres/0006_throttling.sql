-- Attempts of an agent's known browsers have a budget of their own, failures are known by source network, and what looks
-- like guessing is told once (docs/decisions/0022). The SQLite twin has the same number and name.

-- digest of a browser that this agent has used before; empty: everybody else
ALTER TABLE throttle ADD COLUMN browser BYTEA NOT NULL DEFAULT '';
ALTER TABLE throttle ALTER COLUMN browser DROP DEFAULT;
-- each failure moves it by two hours; how far ahead it may lie bounds the failures of a day
ALTER TABLE throttle ADD COLUMN spent_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE throttle ALTER COLUMN spent_until DROP DEFAULT;
ALTER TABLE throttle DROP CONSTRAINT throttle_pkey;
ALTER TABLE throttle ADD PRIMARY KEY (identifier_key, zone, browser);

-- Who failed from which network, in browsers that nobody knows. Both keys are HMACs; that of the network holds the zone.
CREATE TABLE throttle_failure (
  network_key    BYTEA  NOT NULL,
  identifier_key BYTEA  NOT NULL,
  failures       BIGINT NOT NULL,
  last_at        BIGINT NOT NULL,
  PRIMARY KEY (network_key, identifier_key)
);
CREATE INDEX throttle_failure_identifier ON throttle_failure (identifier_key);
CREATE INDEX throttle_failure_last_at ON throttle_failure (last_at);

-- Networks from which attempts are let through one by one.
CREATE TABLE throttle_network (
  network_key   BYTEA  NOT NULL PRIMARY KEY,
  slowed_until  BIGINT NOT NULL,
  -- the next attempt
  blocked_until BIGINT NOT NULL
);

-- What was told already of a network or an identifier, and when.
CREATE TABLE suspicion (
  kind        TEXT   NOT NULL CHECK (kind IN ('many_attempts', 'many_identifiers', 'many_networks')),
  subject_key BYTEA  NOT NULL,
  last_at     BIGINT NOT NULL,
  PRIMARY KEY (kind, subject_key)
);
