CREATE TABLE unbooked (
    -- Documents that are here and not booked yet. The transaction that books one takes its row away.
    tenant    BIGINT NOT NULL,
    till      TEXT   NOT NULL,
    enrolment BIGINT NOT NULL,
    seq       BIGINT NOT NULL,
    PRIMARY KEY (tenant, till, enrolment, seq)
);
INSERT INTO unbooked
SELECT d.tenant, d.till, d.enrolment, d.seq FROM document d
  JOIN chain c ON c.tenant = d.tenant AND c.till = d.till AND c.enrolment = d.enrolment
 WHERE d.fork = 0 AND d.seq > c.booked AND NOT EXISTS (
       SELECT 1 FROM booked_range b
        WHERE b.tenant = d.tenant AND b.till = d.till AND b.enrolment = d.enrolment
          AND d.seq BETWEEN b.first_seq AND b.last_seq);

CREATE TABLE set_aside (
    -- Documents that could not be booked: stored whole, in no sum. For what follows them they count as booked.
    tenant    BIGINT NOT NULL,
    till      TEXT   NOT NULL,
    enrolment BIGINT NOT NULL,
    seq       BIGINT NOT NULL,
    code      TEXT   NOT NULL,             -- of the finding that says why
    set_ms    BIGINT NOT NULL,
    PRIMARY KEY (tenant, till, enrolment, seq)
);
