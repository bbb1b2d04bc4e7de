-- Live sections: rows that come down without a draft. In `config_row` they have editions of their own,
-- counting down from -1, so that no query by edition ever meets both.
ALTER TABLE centre ADD COLUMN live BIGINT NOT NULL DEFAULT 0;        -- live publications; rows for the next have edition -1 - live
ALTER TABLE centre ADD COLUMN live_writes BIGINT NOT NULL DEFAULT 0; -- counts live writes, so that a publication sees one state
ALTER TABLE centre ADD COLUMN warehouses TEXT NOT NULL DEFAULT '[]'; -- whose stock levels are among its rows: a JSON list
UPDATE config_row SET edition = -1
 WHERE kind IN ('customer', 'appointment_type', 'appointment_template', 'appointment', 'transfer_order',
                'sales_order', 'invoice', 'audit_plan', 'stock_level', 'stock_counted')
   AND edition = (SELECT c.edition FROM centre c
                   WHERE c.tenant = config_row.tenant AND c.centre = config_row.centre);

ALTER TABLE centre_blob ADD COLUMN dropped_ms BIGINT;                -- since when the newest manifest no longer lists it
CREATE INDEX centre_blob_dropped ON centre_blob (dropped_ms) WHERE dropped_ms IS NOT NULL;

ALTER TABLE enrolment ADD COLUMN claimed BIGINT NOT NULL DEFAULT 0;  -- its newest seq, as last reported
CREATE INDEX finding_lost ON finding (tenant) WHERE code = 'lost' AND closed_ms IS NULL;

CREATE TABLE part (
    -- What stands beside documents' lines: personal data, so that it can be erased.
    tenant      BIGINT NOT NULL,
    sha256      BYTEA  NOT NULL,
    bytes       BYTEA,                     -- NULL once erased: then it is never taken again
    received_ms BIGINT NOT NULL,
    erased_ms   BIGINT,
    PRIMARY KEY (tenant, sha256)
);

CREATE TABLE customer_part (
    -- Which customers of which centre a part describes.
    tenant   BIGINT NOT NULL,
    sha256   BYTEA  NOT NULL,
    centre   TEXT   NOT NULL,
    customer TEXT   NOT NULL,
    PRIMARY KEY (tenant, sha256, centre, customer)
);
