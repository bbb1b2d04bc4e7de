-- What a sync changed of what is sold, for a person to read. Nothing is decided by it.

CREATE TABLE change_line (
    -- One fact a line; read backwards, the newest sync first.
    at_ms   INTEGER NOT NULL,              -- when it became live: till clock
    section TEXT    NOT NULL,
    what    INTEGER NOT NULL,              -- price, edit, vat, new, back, gone: see changes.rs
    kind    TEXT    NOT NULL,
    key     TEXT    NOT NULL,
    name    TEXT    NOT NULL,              -- of the item, as it was when it changed
    before  TEXT    NOT NULL,              -- price or percent; empty where there was none
    after   TEXT    NOT NULL,
    from_ms INTEGER,                       -- of a price that begins later
    PRIMARY KEY (at_ms, section, what, kind, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE change_count (
    -- The same in numbers; also what has no line of its own.
    at_ms   INTEGER NOT NULL,
    section TEXT    NOT NULL,
    what    INTEGER NOT NULL,
    count   INTEGER NOT NULL,
    PRIMARY KEY (at_ms, section, what)
) STRICT, WITHOUT ROWID;

CREATE TABLE comparison (
    -- A slot that a snapshot has replaced and that is still to be compared with the live one.
    slot    INTEGER NOT NULL PRIMARY KEY,
    section TEXT    NOT NULL,
    at_ms   INTEGER NOT NULL,              -- when it was replaced
    kind    TEXT    NOT NULL DEFAULT '',   -- compared up to here
    key     TEXT                           -- NULL: the whole kind
) STRICT;
