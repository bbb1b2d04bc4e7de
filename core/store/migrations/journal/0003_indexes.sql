-- The history asks for a kind or a day: both are in the index, so that it reads no other document.
DROP INDEX document_by_time;
CREATE INDEX document_by_time ON document (recorded_ms, kind, business_day);

-- The counter groups by section and currency: in this order nothing is sorted, no document is read, and
-- the oldest of each group stands first. A column that is always NULL is in it because the query names it.
DROP INDEX document_unsent;
CREATE INDEX document_unsent
    ON document (section, currency, recorded_ms, total_minor, till, enrolment, seq, uploaded_ms)
 WHERE uploaded_ms IS NULL;

-- What is not booked, in the order it is sent: what is not even sent is a part of it.
DROP INDEX document_unprocessed;
CREATE INDEX document_unprocessed ON document (till, enrolment, seq, uploaded_ms) WHERE processed_ms IS NULL;
