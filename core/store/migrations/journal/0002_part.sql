-- Personal data beside the line of a document, which holds their SHA-256: so they can go, and the
-- chain still verifies.

CREATE TABLE part (
    till      TEXT    NOT NULL,        -- the document whose line names it
    enrolment INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    subject   TEXT    NOT NULL,        -- whose data they are: key of a customer made here
    sha256    BLOB    NOT NULL,        -- of bytes
    bytes     BLOB    NOT NULL,        -- a canonical line
    made_ms   INTEGER NOT NULL,        -- till clock
    sent_ms   INTEGER,                 -- NULL until the centre holds it
    PRIMARY KEY (till, enrolment, seq)
) STRICT;

CREATE INDEX part_by_subject ON part (subject);
CREATE INDEX part_unsent ON part (till, enrolment, seq) WHERE sent_ms IS NULL;
