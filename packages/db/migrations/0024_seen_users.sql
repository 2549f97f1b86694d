-- A plan with parallel workers computes every subquery of a condition before it begins, so that "sees all users, or the
-- current one" asked for a current user where the ledger reads a large table, and raised. One function, which asks only
-- where it matters; null is no user.
create function noctuary.seen_user_id() returns text language sql stable parallel safe as $$
  select case when noctuary.sees_all_users() then null else noctuary.current_user_id() end
$$;
--> statement-breakpoint
alter policy own_rows on noctuary.own_note
  using ((select noctuary.sees_all_users()) or user_id = (select noctuary.seen_user_id()))
  with check ((select noctuary.sees_all_users()) or user_id = (select noctuary.seen_user_id()));
--> statement-breakpoint
do $$ begin
  if not exists (select from noctuary.attachment) then
    create or replace view noctuary.note as
      select id, user_id, title, body, tags, created_at, updated_at, deleted_at, ai_excluded from noctuary.own_note
      where (select noctuary.sees_all_users()) or user_id = (select noctuary.seen_user_id());
  end if;
end $$;
