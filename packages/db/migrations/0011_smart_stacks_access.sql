-- A verdict is about a stack that there is. Before row-level security: an owner who is no superuser could not check it.
alter table noctuary.stack_verdict add constraint stack_verdict_of_stack
  foreign key (user_id, stack_id) references noctuary.smart_stack (user_id, id) on delete cascade;
--> statement-breakpoint
-- Stacks belong to one user, as everything that is derived from notes does. What an app reads and writes of them is
-- part of the contract (docs/contract.md).
do $$
declare t text;
begin
  foreach t in array array['smart_stack', 'smart_stack_note', 'stack_verdict', 'stack_report'] loop
    execute format('alter table noctuary.%I enable row level security', t);
    execute format('alter table noctuary.%I force row level security', t);
    execute format('create policy own_rows on noctuary.%I to noctuary_user, noctuary_app
      using (user_id = (select noctuary.current_user_id()))
      with check (user_id = (select noctuary.current_user_id()))', t);
  end loop;
end $$;
--> statement-breakpoint
grant select, insert, update, delete on
  noctuary.smart_stack, noctuary.smart_stack_note, noctuary.stack_verdict, noctuary.stack_report to noctuary_user;
--> statement-breakpoint
grant select (user_id, id, kind, cluster_id, title, titled_by, reason, facts, priority, priority_parts, earlier_clusters,
  born_at, seen_at, retired_at, retired_cause) on noctuary.smart_stack to noctuary_app;
--> statement-breakpoint
grant select on noctuary.smart_stack_note to noctuary_app;
--> statement-breakpoint
grant select, insert, update, delete on noctuary.stack_verdict to noctuary_app;
--> statement-breakpoint
-- What is worth opening this morning. Dismissed, or resting on a note that was deleted or excluded by day: gone at once.
create view noctuary.app_stack with (security_invoker = true) as
  select s.user_id, s.id, s.kind, s.cluster_id, s.title, s.titled_by, s.reason, s.facts, s.priority, s.priority_parts,
    s.earlier_clusters, s.born_at, s.seen_at, v.verdict = 'kept' as kept
  from noctuary.smart_stack s
  left join noctuary.stack_verdict v on v.user_id = s.user_id and v.stack_id = s.id
  where s.retired_at is null and s.title <> '' and v.verdict is distinct from 'dismissed'
    and not exists (
      select 1 from noctuary.smart_stack_note k
      left join noctuary.note n on n.user_id = k.user_id and n.id = k.note_id
      where k.user_id = s.user_id and k.stack_id = s.id and (n.id is null or n.deleted_at is not null or n.ai_excluded));
--> statement-breakpoint
create view noctuary.app_stack_note with (security_invoker = true) as
  select k.user_id, k.stack_id, k.note_id, k.rank, k.remark
  from noctuary.smart_stack_note k
  join noctuary.smart_stack s on s.user_id = k.user_id and s.id = k.stack_id and s.retired_at is null
  join noctuary.note n on n.user_id = k.user_id and n.id = k.note_id
  where k.rank is not null and n.deleted_at is null and not n.ai_excluded;
--> statement-breakpoint
grant select on noctuary.app_stack, noctuary.app_stack_note to noctuary_app;
