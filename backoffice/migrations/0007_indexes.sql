CREATE INDEX config_row_by_words ON config_row (tenant, centre, kind, words, id) WHERE words IS NOT NULL;
CREATE INDEX document_by_arrival ON document (tenant, received_ms);
CREATE INDEX total_by_day ON total (tenant, business_day);
