CREATE TABLE web_account (
    -- Who may sign in to the web administration.
    tenant   BIGINT NOT NULL,
    name     TEXT   NOT NULL,              -- lower case
    password TEXT   NOT NULL,              -- argon2id (RFC 9106), a PHC string
    PRIMARY KEY (tenant, name)
);

CREATE TABLE web_session (
    -- Who is signed in. The token itself is only in the browser's cookie.
    token_hash BYTEA  NOT NULL PRIMARY KEY, -- SHA-256 of it
    tenant     BIGINT NOT NULL,
    name       TEXT   NOT NULL,
    expires_ms BIGINT NOT NULL
);

-- What an item is found and sorted by: its name, codes, key and group, lower case, without accents.
ALTER TABLE config_row ADD COLUMN words TEXT;
-- Which version of the code has written all `words`; 0 for none.
ALTER TABLE server ADD COLUMN words BIGINT NOT NULL DEFAULT 0;
