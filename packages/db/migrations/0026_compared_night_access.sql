alter table noctuary.compared_night enable row level security;
--> statement-breakpoint
alter table noctuary.compared_night force row level security;
--> statement-breakpoint
create policy own_rows on noctuary.compared_night to noctuary_user
  using (user_id = (select noctuary.current_user_id()))
  with check (user_id = (select noctuary.current_user_id()));
--> statement-breakpoint
create policy all_rows on noctuary.compared_night to noctuary_ledger
  using ((select current_user) = 'noctuary_ledger') with check ((select current_user) = 'noctuary_ledger');
--> statement-breakpoint
grant select, insert, update, delete on noctuary.compared_night to noctuary_user;
--> statement-breakpoint
grant select on noctuary.compared_night to noctuary_ledger;
