-- Notes of a user with AI off are excluded: whoever accounts for all notes must see that, and of the settings nothing else.
create policy all_rows on noctuary.user_setting to noctuary_ledger
  using ((select current_user) = 'noctuary_ledger') with check ((select current_user) = 'noctuary_ledger');
--> statement-breakpoint
grant select (user_id, ai_enabled) on noctuary.user_setting to noctuary_ledger;
--> statement-breakpoint
grant select (failed_at) on noctuary.note_embedding to noctuary_ledger;
