CREATE TABLE name_then (
    -- What tenders, units, users and centres were called from a generation on: a document reads as it did.
    tenant     BIGINT NOT NULL,
    centre     TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    id         BYTEA  NOT NULL,
    generation BIGINT NOT NULL,            -- 0: before this was kept
    name       TEXT   NOT NULL,            -- empty where there was no such row
    PRIMARY KEY (tenant, centre, kind, id, generation)
);
