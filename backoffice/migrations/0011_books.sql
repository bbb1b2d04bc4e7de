-- Sums by cashier. What was booked before has cashier '', VAT without its category, discounts without their source.
CREATE TABLE total_by_cashier (
    -- What booked documents add up to, in minor units or, for `count`, in documents.
    tenant       BIGINT NOT NULL,
    centre       TEXT   NOT NULL,
    till         TEXT   NOT NULL,
    business_day TEXT   NOT NULL,
    cashier      TEXT   NOT NULL,          -- key of the user
    currency     TEXT   NOT NULL,
    measure      TEXT   NOT NULL,          -- gross, count, tender, vat_net, …: see book.rs
    code         TEXT   NOT NULL,          -- which tender, rate, kind
    value        BIGINT NOT NULL,
    late         BIGINT NOT NULL,          -- the part of it that came after the end of the next day
    PRIMARY KEY (tenant, centre, till, business_day, cashier, currency, measure, code)
);
INSERT INTO total_by_cashier
SELECT tenant, centre, till, business_day, '', currency, measure, code, value, 0 FROM total;
DROP TABLE total;
ALTER TABLE total_by_cashier RENAME TO total;
CREATE INDEX total_by_day ON total (tenant, business_day);

CREATE TABLE account (
    -- What customers owe for what they bought on account.
    tenant        BIGINT NOT NULL,
    customer      TEXT   NOT NULL,         -- key of the customer
    currency      TEXT   NOT NULL,
    balance_minor BIGINT NOT NULL,
    PRIMARY KEY (tenant, customer, currency)
);

-- How much money went back for a sale's line; 0 for what came back before.
ALTER TABLE returned ADD COLUMN gross_minor BIGINT NOT NULL DEFAULT 0;
-- Whether the sale was here when that was last written: what came back before its sale is held against it later.
ALTER TABLE returned ADD COLUMN is_checked BIGINT NOT NULL DEFAULT 1;
