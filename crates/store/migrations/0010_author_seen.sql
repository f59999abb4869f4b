-- When each author acted last, in Unix milliseconds by the author's own clock; 0 while no event of theirs has come.
ALTER TABLE author_cursor ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
