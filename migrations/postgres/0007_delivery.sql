-- What the list of messages shows of them. The SQLite twin has the same number and name.

-- masked: `c…u@ville.example`; stays when the sealed one is forgotten
ALTER TABLE outbox ADD COLUMN address TEXT;
CREATE INDEX outbox_soi ON outbox (soi);
