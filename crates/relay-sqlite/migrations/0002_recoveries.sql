-- How often an unknown attempt was taken up again. The fence counts every lease, those of a PAC that was away too.
ALTER TABLE stamp_attempt ADD COLUMN recoveries INTEGER NOT NULL DEFAULT 0;
