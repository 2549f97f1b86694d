alter table noctuary.forget enable row level security;
--> statement-breakpoint
alter table noctuary.forget force row level security;
--> statement-breakpoint
create policy own_rows on noctuary.forget to noctuary_user, noctuary_app
  using (user_id = (select noctuary.current_user_id()))
  with check (user_id = (select noctuary.current_user_id()));
--> statement-breakpoint
create policy all_rows on noctuary.forget to noctuary_ledger
  using ((select current_user) = 'noctuary_ledger') with check ((select current_user) = 'noctuary_ledger');
--> statement-breakpoint
grant select (user_id, note_id) on noctuary.forget to noctuary_ledger;
--> statement-breakpoint
grant select, insert, delete on noctuary.forget to noctuary_user;
--> statement-breakpoint
grant select, delete, insert (user_id, note_id) on noctuary.forget to noctuary_app;
