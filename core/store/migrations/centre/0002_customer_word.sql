-- Words of customers: name, phone and VAT number, folded to ASCII before they get here; the rowid is row.id.
CREATE VIRTUAL TABLE customer_word_0 USING fts5 (words, content='', columnsize=0, detail=none, tokenize='ascii', prefix='1 2 3');
CREATE VIRTUAL TABLE customer_word_1 USING fts5 (words, content='', columnsize=0, detail=none, tokenize='ascii', prefix='1 2 3');

-- Customers that came before have no words: the next sync brings the section whole, and a load that
-- was begun starts over. Until then the old rows stand.
UPDATE section SET epoch = '' WHERE name = 'customers';
DELETE FROM load WHERE slot / 2 IN (SELECT id FROM section WHERE name = 'customers');
