-- A part that came back: its share of the line's price and VAT, before another price lowered it. NULL in
-- rows of older versions, whose share follows from the quantity.
ALTER TABLE reversal ADD COLUMN gross_minor INTEGER;
ALTER TABLE reversal ADD COLUMN vat_minor INTEGER;
ALTER TABLE reversal ADD COLUMN by_till TEXT;
CREATE INDEX reversal_by_reverser ON reversal (by_till, by_enrolment, by_seq);

CREATE TABLE refund (
    -- What returns gave back of a sale by a tender that had paid it.
    till         TEXT    NOT NULL,     -- of the sale
    enrolment    INTEGER NOT NULL,
    seq          INTEGER NOT NULL,
    kind         TEXT    NOT NULL,     -- of the tender: cash, card, …
    tender       TEXT    NOT NULL,     -- its key; empty for cash, which is one
    minor        INTEGER NOT NULL,     -- of the sale's currency, before cash rounding; negative where a return is voided
    by_till      TEXT    NOT NULL,     -- the return, or the void of one
    by_enrolment INTEGER NOT NULL,
    by_seq       INTEGER NOT NULL
) STRICT;

CREATE INDEX refund_by_sale ON refund (till, enrolment, seq, kind, tender, minor);
CREATE INDEX refund_by_reverser ON refund (by_till, by_enrolment, by_seq);

-- A sale that was never set aside: the app ended while it was open, with a slip or voucher on it.
ALTER TABLE held_sale ADD COLUMN is_open INTEGER NOT NULL DEFAULT 0;

-- When the pause began, by a clock that nobody sets: milliseconds since the phone or the app started.
ALTER TABLE lockout ADD COLUMN monotonic_ms INTEGER;
