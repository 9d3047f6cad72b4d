-- Second factors, and what a session knows of them (docs/decisions/0026). The SQLite twin has the same number and name.

-- Authenticator applications.
CREATE TABLE totp_device (
  id           TEXT    NOT NULL PRIMARY KEY,
  soi          TEXT    NOT NULL REFERENCES agent (soi),
  -- given by the agent
  name         TEXT    NOT NULL,
  -- the key, sealed (row and purpose are associated data)
  sealed       BYTEA   NOT NULL,
  -- the last step of 30 seconds whose code was used: each is used once
  last_step    BIGINT  NOT NULL,
  created_at   BIGINT  NOT NULL,
  last_used_at BIGINT
);
CREATE INDEX totp_device_soi ON totp_device (soi);

-- Passkeys and security keys.
CREATE TABLE passkey (
  id            TEXT    NOT NULL PRIMARY KEY,
  soi           TEXT    NOT NULL REFERENCES agent (soi),
  name          TEXT    NOT NULL,
  credential_id BYTEA   NOT NULL,
  -- public key, counter and flags, as the library keeps them
  credential    TEXT    NOT NULL,
  -- `synced`: may be backed up; `device`: may not; `attested`: neither, and its maker is on the list
  kind          TEXT    NOT NULL CHECK (kind IN ('synced', 'device', 'attested')),
  created_at    BIGINT  NOT NULL,
  last_used_at  BIGINT
);
CREATE UNIQUE INDEX passkey_credential_id ON passkey (credential_id);
CREATE INDEX passkey_soi ON passkey (soi);

-- By which random name authenticators know an agent: no SOI leaves the house.
CREATE TABLE webauthn_user (
  soi         TEXT NOT NULL PRIMARY KEY REFERENCES agent (soi),
  user_handle TEXT NOT NULL
);
CREATE UNIQUE INDEX webauthn_user_handle ON webauthn_user (user_handle);

-- Ten at a time; a new set replaces the one before it.
CREATE TABLE recovery_code (
  soi         TEXT    NOT NULL REFERENCES agent (soi),
  -- HMAC under a key outside the database, bound to agent and purpose
  code_hash   BYTEA   NOT NULL,
  created_at  BIGINT  NOT NULL,
  consumed_at BIGINT,
  PRIMARY KEY (soi, code_hash)
);

-- Codes sent over a second channel, one per session and purpose: a newer one replaces it.
CREATE TABLE second_channel_code (
  sid         TEXT    NOT NULL REFERENCES session (sid) ON DELETE CASCADE,
  -- `factor`: to log in; `enrolment`: before the first factor is enrolled
  purpose     TEXT    NOT NULL CHECK (purpose IN ('factor', 'enrolment')),
  kind        TEXT    NOT NULL CHECK (kind IN ('work_email', 'recovery_email', 'mobile')),
  -- HMAC under a key outside the database, bound to session and purpose
  code_hash   BYTEA   NOT NULL,
  expires_at  BIGINT  NOT NULL,
  -- wrong ones typed in this session; a new code gives no new tries
  tries       BIGINT  NOT NULL,
  -- how many were sent, and when the next one may be
  sent        BIGINT  NOT NULL,
  next_at     BIGINT  NOT NULL,
  consumed_at BIGINT,
  PRIMARY KEY (sid, purpose)
);

-- What a manager vouches for with a code that is told to the agent: `pass` stands in for the factor for some hours,
-- `enrolment` confirms the first one.
CREATE TABLE manager_code (
  id          TEXT    NOT NULL PRIMARY KEY,
  soi         TEXT    NOT NULL REFERENCES agent (soi),
  issued_by   TEXT    NOT NULL REFERENCES agent (soi),
  purpose     TEXT    NOT NULL CHECK (purpose IN ('pass', 'enrolment')),
  -- HMAC under a key outside the database, bound to agent and purpose
  code_hash   BYTEA   NOT NULL,
  created_at  BIGINT  NOT NULL,
  -- of the code; what it opens has its own end
  expires_at  BIGINT  NOT NULL,
  consumed_at BIGINT,
  -- a newer one replaced it, or it was withdrawn
  replaced_at BIGINT
);
CREATE INDEX manager_code_soi ON manager_code (soi, created_at);
CREATE INDEX manager_code_issued_by ON manager_code (issued_by);

-- The right to enrol the first factor, in one browser: given by what was confirmed, spent by the enrolment.
CREATE TABLE enrolment_permit (
  soi          TEXT    NOT NULL PRIMARY KEY REFERENCES agent (soi),
  basis        TEXT    NOT NULL CHECK (basis IN ('code', 'channel', 'manager')),
  -- SHA-256 of the browser's pre-session cookie
  browser_hash BYTEA   NOT NULL,
  expires_at   BIGINT  NOT NULL
);

-- The factor that the agent used last at a login: it is offered first.
CREATE TABLE factor_choice (
  soi    TEXT NOT NULL PRIMARY KEY REFERENCES agent (soi),
  factor TEXT NOT NULL CHECK (factor IN ('totp', 'passkey', 'sms', 'mail', 'recovery_code', 'manager_pass'))
);

-- What was given in this session beside the password, and when; `until`: it stands in for a factor until then only.
ALTER TABLE session ADD COLUMN second_factor TEXT
  CHECK (second_factor IN ('totp', 'passkey', 'sms', 'mail', 'recovery_code', 'manager_pass'));
ALTER TABLE session ADD COLUMN second_factor_at BIGINT;
ALTER TABLE session ADD COLUMN second_factor_until BIGINT;
-- "Later" was said to an enrolment that may still be postponed.
ALTER TABLE session ADD COLUMN postponed_at BIGINT;

-- When the password was last set with a code in the place of another one: no pass is given for some time.
ALTER TABLE password ADD COLUMN reset_at BIGINT;
