CREATE TABLE till (
    -- Numbered places of sale; each outlives its phones.
    tenant BIGINT NOT NULL,
    till   TEXT   NOT NULL,
    name   TEXT   NOT NULL,
    PRIMARY KEY (tenant, till)
);

CREATE TABLE pairing (
    -- Codes that make a device a till. Looked up before the tenant is known, hence the key.
    code       TEXT   NOT NULL PRIMARY KEY,
    tenant     BIGINT NOT NULL,
    till       TEXT   NOT NULL,
    expires_ms BIGINT NOT NULL,
    public_key BYTEA,                      -- whose device used it; NULL until then
    enrolment  BIGINT                      -- what it became
);

CREATE TABLE enrolment (
    -- A till's n-th device.
    tenant          BIGINT NOT NULL,
    till            TEXT   NOT NULL,
    enrolment       BIGINT NOT NULL,
    public_key      BYTEA  NOT NULL,
    series          TEXT   NOT NULL,       -- of numbers; no other enrolment ever has it
    device          TEXT   NOT NULL,
    made_ms         BIGINT NOT NULL,
    revoked_ms      BIGINT,                -- from then on it can only upload
    centre          TEXT,                  -- its subscription
    last_contact_ms BIGINT,                -- this and all below as last reported; written lazily
    app             TEXT   NOT NULL DEFAULT '',
    epoch           TEXT   NOT NULL DEFAULT '',
    generation      BIGINT NOT NULL DEFAULT 0,
    unsent          BIGINT NOT NULL DEFAULT 0,
    oldest_ms       BIGINT,
    PRIMARY KEY (tenant, till, enrolment),
    UNIQUE (tenant, series)
);
