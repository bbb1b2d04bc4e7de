-- journal.db: what this till has recorded and who it is. Never lost, never rewritten.
-- Times are Unix milliseconds, amounts minor units of the currency beside them.

CREATE TABLE enrolment (
    -- Every enrolment this phone has had; the newest one records, all of them may still have documents to send.
    tenant      TEXT    NOT NULL,      -- who the till belongs to
    till        TEXT    NOT NULL,      -- the numbered place of sale
    enrolment   INTEGER NOT NULL,      -- the till's n-th, given by the back office, never reused
    series      TEXT    NOT NULL,      -- no other enrolment has it
    server_url  TEXT    NOT NULL,      -- where the back office answers
    tenant_key  BLOB    NOT NULL,      -- 32 bytes: signs manifests
    sealed_key  BLOB    NOT NULL,      -- the private key, sealed by the phone's key store
    public_key  BLOB    NOT NULL,      -- 32 bytes: what the unsealed key must belong to
    enrolled_ms INTEGER NOT NULL,      -- till clock
    PRIMARY KEY (till, enrolment)
) STRICT;

CREATE TABLE document (
    -- Append-only but for the delivery columns (see the triggers). It is the outbox too: unsent is a query.
    till         TEXT    NOT NULL,     -- the till this phone was enrolled as
    enrolment    INTEGER NOT NULL,     -- the till's n-th enrolment
    seq          INTEGER NOT NULL,     -- 1, 2, … without a gap within the enrolment
    line         BLOB    NOT NULL,     -- the canonical bytes that are hashed and signed; all that follows is a copy of it
    hash         BLOB    NOT NULL,     -- SHA-256 of line
    signature    BLOB    NOT NULL,     -- Ed25519, 64 bytes
    section      TEXT    NOT NULL,     -- the row of the sync screen that counts it
    kind         TEXT    NOT NULL,
    number       TEXT    NOT NULL,     -- as printed; empty for events
    recorded_ms  INTEGER NOT NULL,     -- till clock
    business_day TEXT    NOT NULL,     -- 2010-12-01
    currency     TEXT    NOT NULL,     -- ISO 4217, of total_minor
    total_minor  INTEGER NOT NULL,
    uploaded_ms  INTEGER,              -- NULL until the centre's acknowledgement is stored
    processed_ms INTEGER,              -- NULL until the centre has said that it booked it
    settled_ms   INTEGER,              -- NULL until the Z that lists it is processed
    PRIMARY KEY (till, enrolment, seq)
) STRICT;

-- What is unsent, with all the counter needs, in the order it is sent.
CREATE INDEX document_unsent
    ON document (till, enrolment, seq, section, currency, total_minor, recorded_ms)
 WHERE uploaded_ms IS NULL;

-- How far the centre has booked: asked at each contact.
CREATE INDEX document_unprocessed ON document (till, enrolment, seq) WHERE processed_ms IS NULL;

CREATE INDEX document_by_time ON document (recorded_ms);

CREATE TRIGGER document_is_immutable
BEFORE UPDATE OF till, enrolment, seq, line, hash, signature, section, kind, number,
                 recorded_ms, business_day, currency, total_minor ON document
BEGIN SELECT raise(ABORT, 'a document never changes'); END;

CREATE TRIGGER document_is_kept
BEFORE DELETE ON document WHEN OLD.settled_ms IS NULL
BEGIN SELECT raise(ABORT, 'a document that is not settled is never deleted'); END;

CREATE TABLE series (
    -- The last number given, by numerator. Changes in the transaction of the document that takes the number.
    till       TEXT    NOT NULL,
    enrolment  INTEGER NOT NULL,
    numerator  TEXT    NOT NULL,       -- a kind of document, or * for all others
    last       INTEGER NOT NULL,
    PRIMARY KEY (till, enrolment, numerator)
) STRICT, WITHOUT ROWID;

CREATE TABLE stock_move (
    -- What own documents did to stock, for the level shown between two contacts.
    item           TEXT    NOT NULL,
    warehouse      TEXT    NOT NULL,
    quantity_micro INTEGER NOT NULL,   -- millionths of the item's unit; negative leaves the shop
    till           TEXT    NOT NULL,
    enrolment      INTEGER NOT NULL,
    seq            INTEGER NOT NULL
) STRICT;

CREATE INDEX stock_move_by_item ON stock_move (item, warehouse, till, enrolment, seq, quantity_micro);

CREATE TABLE reversal (
    -- What later documents took back: of a line of a sale, or (line -1) the whole document.
    till           TEXT    NOT NULL,   -- of the document that was reversed
    enrolment      INTEGER NOT NULL,
    seq            INTEGER NOT NULL,
    line           INTEGER NOT NULL,   -- index from 0; -1 for a void
    quantity_micro INTEGER NOT NULL,   -- millionths, not negative; 0 for a void
    by_enrolment   INTEGER NOT NULL,   -- of the document that reversed it
    by_seq         INTEGER NOT NULL
) STRICT;

CREATE INDEX reversal_by_document ON reversal (till, enrolment, seq, line, quantity_micro);

CREATE TABLE held_sale (
    -- Sales set aside; they keep the prices they were given.
    id      TEXT    NOT NULL PRIMARY KEY,
    label   TEXT    NOT NULL,          -- what the cashier calls it
    user    TEXT    NOT NULL,
    held_ms INTEGER NOT NULL,
    v       INTEGER NOT NULL,          -- version of body
    body    BLOB    NOT NULL
) STRICT;

CREATE TABLE lockout (
    -- Wrong PINs, written before the answer, so that a kill does not reset them.
    user     TEXT    NOT NULL PRIMARY KEY,
    failed   INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE finding (
    -- Objections of the back office to documents it has accepted all the same.
    till        TEXT    NOT NULL,
    enrolment   INTEGER NOT NULL,
    seq         INTEGER NOT NULL,
    code        TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    received_ms INTEGER NOT NULL,
    PRIMARY KEY (till, enrolment, seq, code)
) STRICT, WITHOUT ROWID;

CREATE TABLE setting (
    -- Settings of the till itself and its subscription; no centre replaces them.
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
