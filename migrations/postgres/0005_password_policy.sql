-- A changed password policy catches up with passwords at their next login, and agents are told before one expires
-- (docs/decisions/0021). The SQLite twin has the same number and name.

-- Digest of the rules that the password last met; NULL: not judged since it was chosen.
ALTER TABLE password ADD COLUMN judged_by BYTEA;

-- The end that its owner was last told of by mail, and how many days ahead it was.
ALTER TABLE password ADD COLUMN warned_for BIGINT;
ALTER TABLE password ADD COLUMN warned_days BIGINT;
