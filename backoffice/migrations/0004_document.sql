CREATE TABLE document (
    -- What tills have recorded; append-only.
    tenant      BIGINT NOT NULL,
    till        TEXT   NOT NULL,
    enrolment   BIGINT NOT NULL,
    seq         BIGINT NOT NULL,
    fork        BIGINT NOT NULL,           -- 0; from 1 on: another document of the same seq, beside the first
    hash        BYTEA  NOT NULL,           -- SHA-256 of `line`
    signature   BYTEA  NOT NULL,           -- the enrolment's, 64 bytes
    line        BYTEA  NOT NULL,           -- the canonical bytes that are hashed and signed
    received_ms BIGINT NOT NULL,
    PRIMARY KEY (tenant, till, enrolment, seq, fork)
);

CREATE TABLE chain (
    -- How far an enrolment's documents are here and booked. Two writers that overlap are told
    -- apart by the counters: each write expects the count it has read.
    tenant    BIGINT NOT NULL,
    till      TEXT   NOT NULL,
    enrolment BIGINT NOT NULL,
    through   BIGINT NOT NULL,             -- unbroken from 1 up to here
    head      BYTEA  NOT NULL,             -- hash of the document at `through`
    top       BIGINT NOT NULL,             -- the highest seq here, perhaps beyond a gap
    stored    BIGINT NOT NULL,             -- counts writes of the members above
    booked    BIGINT NOT NULL,             -- every document up to here is booked
    bookings  BIGINT NOT NULL,             -- counts writes of `booked` and `booked_range`
    PRIMARY KEY (tenant, till, enrolment)
);

CREATE TABLE booked_range (
    -- Documents booked beyond a gap; swallowed by `chain.booked` when the gap closes.
    tenant    BIGINT NOT NULL,
    till      TEXT   NOT NULL,
    enrolment BIGINT NOT NULL,
    first_seq BIGINT NOT NULL,
    last_seq  BIGINT NOT NULL,
    PRIMARY KEY (tenant, till, enrolment, first_seq)
);

CREATE TABLE finding (
    -- Objections. The document each is about has been accepted all the same.
    tenant    BIGINT NOT NULL,
    till      TEXT   NOT NULL,
    enrolment BIGINT NOT NULL,
    seq       BIGINT NOT NULL,
    code      TEXT   NOT NULL,
    detail    TEXT   NOT NULL,
    raised_ms BIGINT NOT NULL,
    closed_ms BIGINT,                      -- when it ceased to hold, as a gap that was filled
    PRIMARY KEY (tenant, till, enrolment, seq, code)
);
