-- Whether the author has sealed upon the log that stands: one of another name that they seal upon later stands beside it.
ALTER TABLE author_cursor ADD COLUMN upon_this INTEGER NOT NULL DEFAULT 0;
