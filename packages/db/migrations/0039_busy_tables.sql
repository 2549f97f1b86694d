-- Rows of the ledger change a few times each and are then left alone. By default a table is vacuumed once a fifth of its
-- rows are dead: of a million tasks, two hundred thousand. Here after a fiftieth, so that a scan of an index passes by few.
alter table noctuary.task set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000,
  autovacuum_analyze_scale_factor = 0.05, fillfactor = 85);
--> statement-breakpoint
alter table noctuary.run_user set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, fillfactor = 85);
--> statement-breakpoint
-- Rows that are written, sent and removed.
alter table noctuary.outbox set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 1000, fillfactor = 85);
--> statement-breakpoint
-- A handful of rows that every worker changes all the time, and of whose columns none is indexed but the key: with room in
-- their page they are changed in place (HOT), and no vacuum is needed for it.
alter table noctuary.provider_state set (fillfactor = 20);
--> statement-breakpoint
alter table noctuary.budget_month set (fillfactor = 40);
