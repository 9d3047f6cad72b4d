-- Agents, applications, logins, codes, audit. Times are integer milliseconds since the Unix epoch; dates are ISO 8601
-- text; hashes are SHA-256 or HMAC-SHA-256. The PostgreSQL twin has the same number and name.

CREATE TABLE agent (
  soi            TEXT    NOT NULL PRIMARY KEY,
  sub            TEXT    NOT NULL,
  given_name     TEXT    NOT NULL,
  family_name    TEXT    NOT NULL,
  -- names, SOI and e-mail folded to lower case without accents, for search
  search_key     TEXT    NOT NULL,
  email          TEXT    NOT NULL,
  recovery_email TEXT,
  mobile         TEXT,
  department     TEXT,
  position       TEXT,
  manager_soi    TEXT    REFERENCES agent (soi) DEFERRABLE INITIALLY DEFERRED,
  employment     TEXT    NOT NULL CHECK (employment IN ('active', 'suspended', 'left')),
  start_date     TEXT,
  end_date       TEXT,
  version        INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX agent_sub_key ON agent (sub);
CREATE INDEX agent_department ON agent (department, soi);
CREATE INDEX agent_manager ON agent (manager_soi);

CREATE TABLE password (
  soi        TEXT    NOT NULL PRIMARY KEY REFERENCES agent (soi),
  -- PHC string, argon2id over the peppered password
  phc        TEXT    NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;

CREATE TABLE activation_code (
  id         TEXT    NOT NULL PRIMARY KEY,
  soi        TEXT    NOT NULL REFERENCES agent (soi),
  -- HMAC under a key outside the database, bound to agent and purpose
  code_hash  BLOB    NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  consumed_at INTEGER,
  -- a newer code replaced it
  replaced_at INTEGER
) STRICT;
CREATE UNIQUE INDEX activation_code_live ON activation_code (soi) WHERE consumed_at IS NULL AND replaced_at IS NULL;

CREATE TABLE role_grant (
  soi        TEXT    NOT NULL REFERENCES agent (soi),
  role       TEXT    NOT NULL CHECK (role IN ('dsin', 'hr', 'helpdesk', 'auditor')),
  granted_at INTEGER NOT NULL,
  granted_by TEXT    NOT NULL,
  PRIMARY KEY (soi, role)
) STRICT;

CREATE TABLE application (
  client_id                    TEXT    NOT NULL PRIMARY KEY,
  name                         TEXT    NOT NULL,
  -- SHA-256 of the client secret; NULL for a public client
  secret_hash                  BLOB,
  token_endpoint_auth_method   TEXT    NOT NULL,
  redirect_uris                TEXT    NOT NULL,
  post_logout_redirect_uris    TEXT    NOT NULL,
  home_uri                     TEXT,
  grant_types                  TEXT    NOT NULL,
  scopes                       TEXT    NOT NULL,
  zones                        TEXT    NOT NULL,
  waiver_possible              INTEGER NOT NULL,
  departments                  TEXT    NOT NULL,
  min_acr                      TEXT,
  id_token_signed_response_alg TEXT    NOT NULL,
  zone_in_id_token             INTEGER NOT NULL,
  require_pkce                 INTEGER NOT NULL,
  disabled                     INTEGER NOT NULL,
  version                      INTEGER NOT NULL,
  created_at                   INTEGER NOT NULL,
  updated_at                   INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
  sid           TEXT    NOT NULL PRIMARY KEY,
  -- SHA-256 of the cookie's value
  cookie_hash   BLOB    NOT NULL,
  soi           TEXT    NOT NULL REFERENCES agent (soi),
  login_zone    TEXT    NOT NULL CHECK (login_zone IN ('internal', 'nomades')),
  acr           TEXT    NOT NULL,
  amr           TEXT    NOT NULL,
  auth_time     INTEGER NOT NULL,
  last_seen_at  INTEGER NOT NULL,
  ended_at      INTEGER,
  end_reason    TEXT
) STRICT;
CREATE UNIQUE INDEX session_cookie_hash ON session (cookie_hash);
CREATE INDEX session_soi ON session (soi);
CREATE INDEX session_auth_time ON session (auth_time);

-- One grant: session x application.
CREATE TABLE application_grant (
  grant_id   TEXT    NOT NULL PRIMARY KEY,
  sid        TEXT    NOT NULL REFERENCES session (sid) ON DELETE CASCADE,
  client_id  TEXT    NOT NULL REFERENCES application (client_id) ON DELETE CASCADE,
  soi        TEXT    NOT NULL REFERENCES agent (soi),
  created_at INTEGER NOT NULL,
  revoked_at INTEGER
) STRICT;
CREATE UNIQUE INDEX application_grant_live ON application_grant (sid, client_id) WHERE revoked_at IS NULL;
CREATE INDEX application_grant_sid ON application_grant (sid);
CREATE INDEX application_grant_client ON application_grant (client_id);

CREATE TABLE authorization_code (
  code_hash      BLOB    NOT NULL PRIMARY KEY,
  grant_id       TEXT    NOT NULL REFERENCES application_grant (grant_id) ON DELETE CASCADE,
  client_id      TEXT    NOT NULL,
  sid            TEXT    NOT NULL,
  soi            TEXT    NOT NULL,
  redirect_uri   TEXT    NOT NULL,
  code_challenge TEXT,
  nonce          TEXT,
  scope          TEXT    NOT NULL,
  acr            TEXT    NOT NULL,
  amr            TEXT    NOT NULL,
  auth_time      INTEGER NOT NULL,
  zone           TEXT    NOT NULL CHECK (zone IN ('internal', 'nomades')),
  zone_at        INTEGER NOT NULL,
  zone_until     INTEGER NOT NULL,
  decision       TEXT    NOT NULL,
  created_at     INTEGER NOT NULL,
  expires_at     INTEGER NOT NULL,
  consumed_at    INTEGER
) STRICT;
CREATE INDEX authorization_code_grant ON authorization_code (grant_id);
CREATE INDEX authorization_code_expires ON authorization_code (expires_at);

-- Attempts per (what was typed, zone). The key is an HMAC: what matches no agent may be a password in the wrong field.
CREATE TABLE throttle (
  identifier_key BLOB    NOT NULL,
  zone           TEXT    NOT NULL,
  attempts       INTEGER NOT NULL,
  last_at        INTEGER NOT NULL,
  blocked_until  INTEGER NOT NULL,
  PRIMARY KEY (identifier_key, zone)
) STRICT;
CREATE INDEX throttle_last_at ON throttle (last_at);

CREATE TABLE signing_key (
  kid         TEXT    NOT NULL PRIMARY KEY,
  alg         TEXT    NOT NULL,
  -- PKCS#8, sealed with the key outside the database; row and purpose are associated data
  sealed      BLOB    NOT NULL,
  created_at  INTEGER NOT NULL,
  retired_at  INTEGER
) STRICT;
CREATE UNIQUE INDEX signing_key_live ON signing_key (alg) WHERE retired_at IS NULL;

CREATE TABLE audit (
  seq            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  at             INTEGER NOT NULL,
  act            TEXT    NOT NULL,
  outcome        TEXT    NOT NULL CHECK (outcome IN ('done', 'refused')),
  reason         TEXT,
  actor_kind     TEXT    NOT NULL,
  actor          TEXT    NOT NULL,
  subject_soi    TEXT,
  client_id      TEXT,
  sid            TEXT,
  reference      TEXT,
  zone           TEXT,
  client_address TEXT,
  user_agent     TEXT,
  request_id     TEXT,
  detail         TEXT    NOT NULL
) STRICT;
CREATE INDEX audit_subject ON audit (subject_soi, seq);
CREATE INDEX audit_reference ON audit (reference);
CREATE INDEX audit_act ON audit (act, seq);
CREATE INDEX audit_client ON audit (client_id, seq);
CREATE INDEX audit_at ON audit (at);

-- What servers keep in memory and must reload: they poll this row.
CREATE TABLE change_marker (
  topic   TEXT    NOT NULL PRIMARY KEY,
  version INTEGER NOT NULL
) STRICT;
INSERT INTO change_marker (topic, version) VALUES ('applications', 1), ('signing_keys', 1);
