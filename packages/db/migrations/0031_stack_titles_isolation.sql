alter table noctuary.stack_title_draft enable row level security;
--> statement-breakpoint
alter table noctuary.stack_title_draft force row level security;
--> statement-breakpoint
create policy own_rows on noctuary.stack_title_draft to noctuary_user
  using (user_id = (select noctuary.current_user_id()))
  with check (user_id = (select noctuary.current_user_id()));
--> statement-breakpoint
grant select, insert, update, delete on noctuary.stack_title_draft to noctuary_user;
