CREATE TABLE total (
    -- What booked documents add up to, in minor units or, for `count`, in documents.
    tenant       BIGINT NOT NULL,
    centre       TEXT   NOT NULL,
    till         TEXT   NOT NULL,
    business_day TEXT   NOT NULL,
    currency     TEXT   NOT NULL,
    measure      TEXT   NOT NULL,          -- gross, count, tender, vat_net, …: see book.rs
    code         TEXT   NOT NULL,          -- which tender, rate, kind
    value        BIGINT NOT NULL,
    PRIMARY KEY (tenant, centre, till, business_day, currency, measure, code)
);

CREATE TABLE stock_level (
    -- What booked documents leave in each warehouse.
    tenant    BIGINT NOT NULL,
    warehouse TEXT   NOT NULL,
    item      TEXT   NOT NULL,
    micro     BIGINT NOT NULL,             -- millionths of the item's unit
    PRIMARY KEY (tenant, warehouse, item)
);

CREATE TABLE returned (
    -- How much of a sale's line has come back.
    tenant    BIGINT NOT NULL,
    till      TEXT   NOT NULL,
    enrolment BIGINT NOT NULL,
    seq       BIGINT NOT NULL,
    line      BIGINT NOT NULL,             -- index in the sale, from 0
    micro     BIGINT NOT NULL,
    PRIMARY KEY (tenant, till, enrolment, seq, line)
);

CREATE TABLE number_range (
    -- Which numbers of a series have been used. One row a counter while nothing is missing.
    tenant    BIGINT NOT NULL,
    till      TEXT   NOT NULL,
    enrolment BIGINT NOT NULL,
    shape     TEXT   NOT NULL,             -- the printed number with # for its digits: names the counter
    first_no  BIGINT NOT NULL,
    last_no   BIGINT NOT NULL,
    PRIMARY KEY (tenant, till, enrolment, shape, first_no)
);
