-- A row with a vector is longer than the 2 kB from which PostgreSQL tries to compress, and floats do not get shorter: the
-- trying took a third to a half of an insert's time (512 dimensions, 20,000 rows). What is longer than a page still goes out of line.
alter table noctuary.note_embedding set (toast_tuple_target = 8160);
