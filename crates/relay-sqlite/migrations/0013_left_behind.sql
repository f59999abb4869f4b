-- What a device whose person left could not send, of each scope one, sealed. Without bytes once it was dealt with or its time is
-- over; `digest` names it still: another is not taken.
CREATE TABLE left_behind (
    scope  INTEGER NOT NULL,
    device BLOB    NOT NULL,
    digest BLOB    NOT NULL,
    bytes  BLOB,
    at_ms  INTEGER NOT NULL,
    PRIMARY KEY (scope, device)
);
