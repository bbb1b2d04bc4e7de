CREATE TABLE centre (
    -- Bundles of settings that tills subscribe to.
    tenant     BIGINT NOT NULL,
    centre     TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    pepper     BYTEA  NOT NULL,            -- 32 random bytes: keys the HMAC of a PIN
    edition    BIGINT NOT NULL,            -- what drafts are being written for; all before it are published
    drafts     BIGINT NOT NULL,            -- counts draft writes, so that a publication sees one state
    generation BIGINT NOT NULL,            -- of the newest manifest; 0 before the first
    PRIMARY KEY (tenant, centre)
);

CREATE TABLE config_row (
    -- Configuration, drafted and published in one row: a row is dirty while its edition is the
    -- centre's, so that publishing a million rows writes none of them.
    tenant    BIGINT NOT NULL,
    centre    TEXT   NOT NULL,
    kind      TEXT   NOT NULL,
    id        BYTEA  NOT NULL,             -- the key's UTF-8 bytes: sorts alike in every database
    body      BYTEA,                       -- as drafted, canonical; NULL for a row that went
    published BYTEA,                       -- while dirty: as published, NULL for a new row
    edition   BIGINT NOT NULL,             -- when it was last drafted
    PRIMARY KEY (tenant, centre, kind, id)
);
CREATE INDEX config_row_by_edition ON config_row (tenant, centre, edition, kind);

CREATE TABLE generation (
    -- Every manifest there was.
    tenant       BIGINT NOT NULL,
    centre       TEXT   NOT NULL,
    generation   BIGINT NOT NULL,
    published_ms BIGINT NOT NULL,
    id           BYTEA  NOT NULL,          -- SHA-256 of the signed bytes
    signed       BYTEA  NOT NULL,
    PRIMARY KEY (tenant, centre, generation)
);

CREATE TABLE centre_blob (
    -- Which blobs the manifests of a centre list, and so who may fetch them.
    tenant BIGINT NOT NULL,
    centre TEXT   NOT NULL,
    sha256 BYTEA  NOT NULL,
    PRIMARY KEY (tenant, centre, sha256)
);
