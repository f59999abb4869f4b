-- Of a log whose beginning the relay has dropped: the last entry that is not here for that reason, and the chain there, which the
-- entries behind it prove. 0 where all of the log can be read; what was begun at is compared with its entries only then.
ALTER TABLE snapshot ADD COLUMN begins INTEGER NOT NULL DEFAULT 0;
ALTER TABLE snapshot ADD COLUMN begins_chain BLOB;
