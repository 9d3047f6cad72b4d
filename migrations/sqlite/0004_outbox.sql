-- What Octroi tells agents by mail and text message, over which channels, and in which language. The PostgreSQL twin has
-- the same number and name.

-- Mails and text messages to be sent, queued in the transaction of the act that they tell of.
CREATE TABLE outbox (
  id           TEXT    NOT NULL PRIMARY KEY,
  -- whom it is about; NULL: nobody in particular
  soi          TEXT    REFERENCES agent (soi),
  medium       TEXT    NOT NULL CHECK (medium IN ('mail', 'sms')),
  -- which notice it is: `reset_code`, `password_changed`…
  notice       TEXT    NOT NULL,
  -- address and notice, sealed (row and purpose are associated data); NULL once sent or given up
  sealed       BLOB,
  created_at   INTEGER NOT NULL,
  -- not tried before
  due_at       INTEGER NOT NULL,
  -- not sent after
  expires_at   INTEGER NOT NULL,
  attempts     INTEGER NOT NULL,
  -- the server that is sending it has it until then
  leased_until INTEGER,
  sent_at      INTEGER,
  -- given up: expired, refused for good, or tried too often
  dead_at      INTEGER,
  last_error   TEXT
) STRICT;
CREATE INDEX outbox_due ON outbox (due_at) WHERE sent_at IS NULL AND dead_at IS NULL;
CREATE INDEX outbox_created_at ON outbox (created_at);

-- Addresses that an agent has proved to read. A row counts only while its address is the agent's.
CREATE TABLE channel (
  soi         TEXT    NOT NULL REFERENCES agent (soi),
  kind        TEXT    NOT NULL CHECK (kind IN ('work_email', 'recovery_email', 'mobile')),
  address     TEXT    NOT NULL,
  -- when a code proved it
  verified_at INTEGER NOT NULL,
  -- when a password was last reset over it
  reset_at    INTEGER,
  PRIMARY KEY (soi, kind)
) STRICT, WITHOUT ROWID;

-- What agents chose for themselves.
CREATE TABLE preference (
  soi      TEXT NOT NULL PRIMARY KEY REFERENCES agent (soi),
  language TEXT NOT NULL CHECK (language IN ('fr', 'en'))
) STRICT, WITHOUT ROWID;

-- "This was not me": each notice of a change carries a reference and a code; the code suspends the agent's credentials.
CREATE TABLE alarm (
  reference   TEXT NOT NULL PRIMARY KEY,
  soi         TEXT NOT NULL REFERENCES agent (soi),
  -- HMAC under a key outside the database, bound to reference and purpose
  code_hash   BLOB NOT NULL,
  -- the notice that carries it
  about       TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  expires_at  INTEGER NOT NULL,
  consumed_at INTEGER
) STRICT;
CREATE INDEX alarm_soi ON alarm (soi);
CREATE INDEX alarm_expires_at ON alarm (expires_at);
