CREATE TABLE server (
    -- One row: what makes this database itself and no other.
    server BIGINT NOT NULL PRIMARY KEY,    -- always 1
    secret BYTEA  NOT NULL,                -- 32 random bytes: keys tokens and admin tokens
    epoch  TEXT   NOT NULL                 -- this life of the back office; a restored one mints another
);

CREATE TABLE tenant (
    -- Who tills belong to. Nothing is ever shared between two of them.
    tenant BIGINT NOT NULL PRIMARY KEY,
    name   TEXT   NOT NULL UNIQUE,         -- its name on the wire
    seed   BYTEA  NOT NULL                 -- Ed25519: signs every manifest
);
