-- The jobs read notes from one relation, noctuary.note. From here on it is a view in every database: over Noctuary's own
-- table, or over the app's (`noctuary attach`). Attaching replaces its query and nothing else: what stands on the view
-- stays, and no later migration has to know of two cases. Whatever is written goes to noctuary.own_note.
drop view noctuary.app_cluster_note, noctuary.app_stack_note, noctuary.app_stack, noctuary.app_insight_sentence;
--> statement-breakpoint
drop function noctuary.app_related_notes(text, integer, boolean);
--> statement-breakpoint
alter table noctuary.note rename to own_note;
--> statement-breakpoint
-- Whose rows a reader of noctuary.note sees: row-level security says the same of tables.
create function noctuary.sees_all_users() returns boolean language sql stable parallel safe as $$
  select current_user = 'noctuary_ledger'
    or exists (select from pg_roles where rolname = current_user and (rolsuper or rolbypassrls))
$$;
--> statement-breakpoint
-- It is read with the rights of the view's owner, whose policy must not ask for a user where the ledger reads.
drop policy all_rows on noctuary.own_note;
--> statement-breakpoint
alter policy own_rows on noctuary.own_note to public
  using ((select noctuary.sees_all_users()) or user_id = (select noctuary.current_user_id()))
  with check ((select noctuary.sees_all_users()) or user_id = (select noctuary.current_user_id()));
--> statement-breakpoint
-- With its owner's rights, unlike every other view: the roles have no right on an app's table, and a view that asks with
-- the reader's would need one on each column that it names, texts too. So it holds the policy itself, and what a role may
-- see of it is granted column by column. No security barrier: behind one a page of notes is sorted and not read in the
-- index's order, and an app's ids, which are cast, are not found by index at all.
create view noctuary.note as
  select id, user_id, title, body, tags, created_at, updated_at, deleted_at, ai_excluded from noctuary.own_note
  where (select noctuary.sees_all_users()) or user_id = (select noctuary.current_user_id());
--> statement-breakpoint
grant select on noctuary.note to noctuary_user;
--> statement-breakpoint
grant select (id, user_id, updated_at, deleted_at, ai_excluded) on noctuary.note to noctuary_ledger;
--> statement-breakpoint
grant select (id, user_id, deleted_at, ai_excluded) on noctuary.note to noctuary_app;
--> statement-breakpoint
revoke select on noctuary.own_note from noctuary_ledger;
--> statement-breakpoint
revoke select (id, user_id, deleted_at, ai_excluded) on noctuary.own_note from noctuary_app;
--> statement-breakpoint
create view noctuary.app_cluster_note with (security_invoker = true) as
  select m.user_id, m.cluster_id, m.note_id, m.confidence, m.rival_id, m.loose, m.placed_by
  from noctuary.cluster_membership m
  join noctuary.note n on n.user_id = m.user_id and n.id = m.note_id
  where n.deleted_at is null and not n.ai_excluded;
--> statement-breakpoint
create function noctuary.app_related_notes(
  note_id text, most integer default 10, same_cluster boolean default false
) returns table (related_id text, similarity double precision, cluster_id text)
language sql stable
begin atomic
  with asked as materialized (
    select e.user_id, e.model, e.dimensions, e.vector, m.cluster_id
    from noctuary.user_state s
    join noctuary.note_embedding e on e.user_id = s.user_id and e.note_id = app_related_notes.note_id
      and e.model || '/' || e.dimensions = s.clustered_model
    left join noctuary.cluster_membership m on m.user_id = e.user_id and m.note_id = e.note_id
    where s.user_id = (select noctuary.current_user_id()) and e.vector is not null)
  select n.id, 1 - (e.vector <=> a.vector), m.cluster_id
  from asked a
  join noctuary.note_embedding e on e.user_id = a.user_id and e.model = a.model and e.dimensions = a.dimensions
  join noctuary.note n on n.user_id = e.user_id and n.id = e.note_id
  left join noctuary.cluster_membership m on m.user_id = e.user_id and m.note_id = e.note_id
  where e.note_id <> app_related_notes.note_id and e.vector is not null and n.deleted_at is null and not n.ai_excluded
    and (not same_cluster or m.cluster_id = a.cluster_id)
  order by e.vector <=> a.vector, n.id
  limit most;
end;
--> statement-breakpoint
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
create view noctuary.app_insight_sentence with (security_invoker = true) as
  select s.user_id, s.week, s.section, s.position as section_position, t.n::int as position, s.written_by,
    t.sentence->>'text' as text, array(select jsonb_array_elements_text(t.sentence->'factIds')) as fact_ids,
    array(select jsonb_array_elements_text(t.sentence->'noteIds')) as note_ids
  from noctuary.insight_section s
  cross join lateral jsonb_array_elements(s.sentences) with ordinality as t(sentence, n)
  where not exists (
    select 1 from jsonb_array_elements_text(t.sentence->'restsOn') r
    left join noctuary.note n on n.user_id = s.user_id and n.id = r and n.deleted_at is null and not n.ai_excluded
    where n.id is null);
--> statement-breakpoint
grant select on noctuary.app_cluster_note, noctuary.app_stack, noctuary.app_stack_note, noctuary.app_insight_sentence
  to noctuary_app;
