alter table noctuary.embedding_trial add constraint embedding_trial_only_one check (only_one);
--> statement-breakpoint
grant select, insert, update, delete on noctuary.embedding_trial to noctuary_ledger;
--> statement-breakpoint
grant select on noctuary.embedding_trial to noctuary_user;
