-- What an agent sees and changes on the account pages (docs/decisions/0025). The SQLite twin has the same number and name.

-- Where a session began, as much of it as its owner is shown: the network without the machine, the browser's family.
ALTER TABLE session ADD COLUMN client_network TEXT;
ALTER TABLE session ADD COLUMN user_agent TEXT;
-- When the password was last given in this session after its login; NULL: not since.
ALTER TABLE session ADD COLUMN confirmed_at BIGINT;

-- Addresses that wait for the code that was sent to them. One per agent and kind: a newer one replaces it.
CREATE TABLE channel_code (
  soi          TEXT    NOT NULL REFERENCES agent (soi),
  kind         TEXT    NOT NULL CHECK (kind IN ('work_email', 'recovery_email', 'mobile')),
  -- it counts only from the moment when its code was typed
  address      TEXT    NOT NULL,
  -- HMAC under a key outside the database, bound to agent, kind, address and purpose
  code_hash    BYTEA   NOT NULL,
  expires_at   BIGINT  NOT NULL,
  consumed_at  BIGINT,
  -- sendings and wrong codes are counted from then on, whatever the address; a new code resets neither
  counted_from BIGINT  NOT NULL,
  sent         BIGINT  NOT NULL,
  failures     BIGINT  NOT NULL,
  PRIMARY KEY (soi, kind)
);
