-- The history asks for a kind or a day: both are in the index, so that it reads no other document.
DROP INDEX document_by_time;
CREATE INDEX document_by_time ON document (recorded_ms, kind, business_day);
