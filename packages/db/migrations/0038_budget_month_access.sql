alter table noctuary.budget_month enable row level security;
--> statement-breakpoint
alter table noctuary.budget_month force row level security;
--> statement-breakpoint
-- A step that works on a user sees what is left for that user, and of all users together: a sum that tells of nobody.
create policy own_rows on noctuary.budget_month to noctuary_user
  using (user_id = '' or user_id = (select noctuary.current_user_id()))
  with check (user_id = (select noctuary.current_user_id()));
--> statement-breakpoint
create policy all_rows on noctuary.budget_month to noctuary_ledger
  using ((select current_user) = 'noctuary_ledger') with check ((select current_user) = 'noctuary_ledger');
--> statement-breakpoint
grant select on noctuary.budget_month to noctuary_user;
--> statement-breakpoint
grant select, insert, update, delete on noctuary.budget_month to noctuary_ledger;
--> statement-breakpoint
-- What is set aside before a call is held against the user's own limit.
grant select (monthly_budget_usd) on noctuary.user_setting to noctuary_ledger;
