-- Passwords that an agent had before, so that none of the last ones is chosen again (docs/decisions/0020). The PostgreSQL
-- twin has the same number and name.
CREATE TABLE password_history (
  soi        TEXT    NOT NULL REFERENCES agent (soi),
  -- when it was chosen
  changed_at INTEGER NOT NULL,
  -- PHC string, as in `password`
  phc        TEXT    NOT NULL,
  PRIMARY KEY (soi, changed_at)
) STRICT, WITHOUT ROWID;

-- From when on the password is to be changed at the login, whatever its age; NULL: only by its age.
ALTER TABLE password ADD COLUMN renew_at INTEGER;
