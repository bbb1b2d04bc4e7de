-- A step adds its words and merges none: over a large catalogue that would be a third of its time. They are
-- merged afterwards, a chunk at a time, beside everything else.
INSERT INTO item_word_0 (item_word_0, rank) VALUES ('automerge', 0);
INSERT INTO item_word_1 (item_word_1, rank) VALUES ('automerge', 0);
INSERT INTO customer_word_0 (customer_word_0, rank) VALUES ('automerge', 0);
INSERT INTO customer_word_1 (customer_word_1, rank) VALUES ('automerge', 0);
