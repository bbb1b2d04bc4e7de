-- centre.db: what came down. One sync rebuilds it; no sale ever writes it.
-- Times are Unix milliseconds.

CREATE TABLE section (
    -- What is live. A swap changes these rows in one small transaction.
    name        TEXT    NOT NULL PRIMARY KEY,  -- also names that only a newer version understands
    id          INTEGER NOT NULL UNIQUE,       -- slots of this section are 2·id and 2·id+1
    live_slot   INTEGER,                       -- NULL before the first sync of the section
    epoch       TEXT    NOT NULL DEFAULT '',
    generation  INTEGER NOT NULL DEFAULT 0,    -- the section's own, as in the manifest
    applied_ms  INTEGER                        -- till clock
) STRICT;

CREATE TABLE kind_digest (
    -- What a slot's rows add up to; kept with every row that goes in or out.
    slot  INTEGER NOT NULL,
    kind  TEXT    NOT NULL,
    count INTEGER NOT NULL,
    sum   BLOB    NOT NULL,                    -- 16 bytes, big-endian, modulo 2^128
    PRIMARY KEY (slot, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE row (
    id   INTEGER PRIMARY KEY,                  -- what the look-up tables point to
    slot INTEGER NOT NULL,
    kind TEXT    NOT NULL,
    key  TEXT    NOT NULL,
    body BLOB    NOT NULL                      -- the bytes as published
) STRICT;

CREATE UNIQUE INDEX row_by_key ON row (slot, kind, key);

CREATE TABLE load (
    -- A slot being filled; the same target resumes, another one starts over.
    slot       INTEGER NOT NULL PRIMARY KEY,
    epoch      TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    verified   INTEGER NOT NULL DEFAULT 0      -- 1 once counts and sums equal the manifest's
) STRICT;

CREATE TABLE loaded_blob (
    slot   INTEGER NOT NULL,
    sha256 BLOB    NOT NULL,
    PRIMARY KEY (slot, sha256)
) STRICT, WITHOUT ROWID;

-- Look-ups of the items section, one set a slot, so that an index is built once, after the rows.
CREATE TABLE item_code_0 (code TEXT NOT NULL, row_id INTEGER NOT NULL) STRICT;
CREATE TABLE item_code_1 (code TEXT NOT NULL, row_id INTEGER NOT NULL) STRICT;
CREATE INDEX item_code_0_by_code ON item_code_0 (code, row_id);
CREATE INDEX item_code_1_by_code ON item_code_1 (code, row_id);

CREATE TABLE item_price_0 (item TEXT NOT NULL, from_ms INTEGER NOT NULL, row_id INTEGER NOT NULL) STRICT;
CREATE TABLE item_price_1 (item TEXT NOT NULL, from_ms INTEGER NOT NULL, row_id INTEGER NOT NULL) STRICT;
CREATE INDEX item_price_0_by_item ON item_price_0 (item, from_ms, row_id);
CREATE INDEX item_price_1_by_item ON item_price_1 (item, from_ms, row_id);

-- Words of names, folded to ASCII before they get here; the rowid is row.id.
CREATE VIRTUAL TABLE item_word_0 USING fts5 (name, content='', columnsize=0, detail=none, tokenize='ascii', prefix='1 2 3');
CREATE VIRTUAL TABLE item_word_1 USING fts5 (name, content='', columnsize=0, detail=none, tokenize='ascii', prefix='1 2 3');

CREATE TABLE local_edit (
    -- Edits made on the till, over what came down; the next sync of the section drops them.
    kind      TEXT    NOT NULL,
    key       TEXT    NOT NULL,
    body      BLOB    NOT NULL,
    user      TEXT    NOT NULL,
    edited_ms INTEGER NOT NULL,
    PRIMARY KEY (kind, key)
) STRICT;

CREATE TABLE sync_run (
    -- The sync journal: one row a run.
    id            INTEGER PRIMARY KEY,
    started_ms    INTEGER NOT NULL,
    ended_ms      INTEGER NOT NULL,
    trigger       TEXT    NOT NULL,            -- red_button, row, opening, schedule, …
    scope         TEXT    NOT NULL,            -- all, or a section's name
    received_rows INTEGER NOT NULL,
    received_bytes INTEGER NOT NULL,
    sent_documents INTEGER NOT NULL,
    result        TEXT    NOT NULL,            -- done, nothing_new, waiting, cancelled, or an error's code
    detail        TEXT    NOT NULL
) STRICT;

CREATE TABLE fact (
    -- Single facts: the newest verified manifest, the clock's offset.
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
