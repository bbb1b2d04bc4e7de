CREATE TABLE code_seen (
    -- Which rows have ever carried a code, in its one spelling: candidates only, the rows themselves decide.
    tenant BIGINT NOT NULL,
    centre TEXT   NOT NULL,
    code   TEXT   NOT NULL,                -- see codes.rs
    kind   TEXT   NOT NULL,                -- item or item_code
    id     BYTEA  NOT NULL,                -- the row's key
    PRIMARY KEY (tenant, centre, code, kind, id)
);
-- Which version of the code has written all of `code_seen`; 0 for none.
ALTER TABLE server ADD COLUMN codes BIGINT NOT NULL DEFAULT 0;
