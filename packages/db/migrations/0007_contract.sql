-- The app's side of the contract (docs/contract.md): a role, views to read, tables to write. Whatever is not in it is
-- private and may change with any migration.
do $$ begin
  create role noctuary_app nologin;
exception when duplicate_object or unique_violation then null; -- roles are shared by all databases of a server
end $$;
--> statement-breakpoint
grant usage on schema noctuary to noctuary_app;
--> statement-breakpoint
alter table noctuary.cluster_edit enable row level security;
--> statement-breakpoint
alter table noctuary.cluster_edit force row level security;
--> statement-breakpoint
create policy own_rows on noctuary.cluster_edit to noctuary_user, noctuary_app
  using (user_id = (select noctuary.current_user_id()))
  with check (user_id = (select noctuary.current_user_id()));
--> statement-breakpoint
do $$
declare t text;
begin
  foreach t in array array['note', 'note_embedding', 'cluster', 'cluster_membership', 'cluster_event', 'user_state',
      'user_setting'] loop
    execute format('alter policy own_rows on noctuary.%I to noctuary_user, noctuary_app', t);
  end loop;
end $$;
--> statement-breakpoint
grant select, insert, update, delete on noctuary.cluster_edit to noctuary_user;
--> statement-breakpoint
-- What the views read, column by column: they run with the rights of whoever asks.
grant select (id, user_id, deleted_at, ai_excluded) on noctuary.note to noctuary_app;
--> statement-breakpoint
grant select (user_id, note_id, model, dimensions, vector) on noctuary.note_embedding to noctuary_app;
--> statement-breakpoint
grant select (user_id, clustered_model) on noctuary.user_state to noctuary_app;
--> statement-breakpoint
grant select (id, user_id, level, parent_id, name, named_by, keyphrases, size, cohesion, born_at, retired_at, merged_into)
  on noctuary.cluster to noctuary_app;
--> statement-breakpoint
grant select on noctuary.cluster_membership, noctuary.cluster_event to noctuary_app;
--> statement-breakpoint
-- A row is never changed, only deleted: what the user says next is the next row.
grant select, delete, insert (user_id, id, kind, cluster_id, other_id, note_ids, name) on noctuary.cluster_edit
  to noctuary_app;
--> statement-breakpoint
grant select, insert, update, delete on noctuary.user_setting to noctuary_app;
--> statement-breakpoint
create function noctuary.contract_version() returns integer language sql immutable parallel safe return 1;
--> statement-breakpoint
create view noctuary.app_cluster with (security_invoker = true) as
  select c.user_id, c.id, c.level, c.parent_id, c.name, c.named_by, c.keyphrases, c.size, c.cohesion, c.born_at,
    c.retired_at, c.merged_into
  from noctuary.cluster c;
--> statement-breakpoint
-- A note that was deleted or excluded by day is gone here at once, before the night clears it away.
create view noctuary.app_cluster_note with (security_invoker = true) as
  select m.user_id, m.cluster_id, m.note_id, m.confidence, m.rival_id, m.loose, m.placed_by
  from noctuary.cluster_membership m
  join noctuary.note n on n.user_id = m.user_id and n.id = m.note_id
  where n.deleted_at is null and not n.ai_excluded;
--> statement-breakpoint
create view noctuary.app_cluster_event with (security_invoker = true) as
  select e.user_id, e.id, e.at, e.kind, e.cluster_id, e.other_id, e.note_id, e.cause, e.edit_id, e.share,
    e.notes_before, e.notes_after
  from noctuary.cluster_event e;
--> statement-breakpoint
grant select on noctuary.app_cluster, noctuary.app_cluster_note, noctuary.app_cluster_event to noctuary_app;
--> statement-breakpoint
-- The nearest notes of the user's own, exactly: a scan over that user's vectors of the model the clusters are made of.
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
-- What an edit can show by day it shows at once: a name, and where a note lies. The rest follows in the night. Whatever
-- is written or taken back raises the user's version, so that a night that is under way starts again and takes it in.
-- With its owner's rights, because an app may write edits and nothing that follows from them; the policy has already
-- seen to it that the row is the user's own.
create function noctuary.show_edit() returns trigger language plpgsql security definer
set search_path = noctuary, pg_temp as $$
declare
  changed text[];
begin
  insert into user_state as s (user_id, version, edits_pending) values (coalesce(new.user_id, old.user_id), 1, true)
    on conflict (user_id) do update set version = s.version + 1, edits_pending = true;
  if tg_op = 'DELETE' then
    return null;
  end if;
  if new.kind <> 'rename' and exists (select 1 from cluster c
      where c.user_id = new.user_id and c.id in (new.cluster_id, new.other_id) and c.level <> 'topic') then
    raise exception 'an area can be renamed and nothing else: edit its topics' using errcode = 'check_violation';
  end if;
  if new.kind = 'rename' then
    with renamed as (
      update cluster c set name = btrim(new.name), named_by = 'user', named_size = c.size
      where c.user_id = new.user_id and c.id = new.cluster_id and c.retired_at is null returning c.id, c.size)
    insert into cluster_event (user_id, at, kind, cluster_id, cause, edit_id, notes_before, notes_after)
      select new.user_id, new.created_at, 'renamed', id, 'edit', new.id, size, size from renamed;
  elsif new.kind = 'move' and exists (select 1 from cluster c
      where c.user_id = new.user_id and c.id = new.cluster_id and c.retired_at is null) then
    with moved as (
      update cluster_membership m set cluster_id = new.cluster_id, rival_id = m.cluster_id, confidence = 1, loose = false,
        placed_by = 'user'
      where m.user_id = new.user_id and m.note_id = any(new.note_ids) and m.cluster_id <> new.cluster_id
      returning m.note_id, m.rival_id as from_id),
    told as (
      insert into cluster_event (user_id, at, kind, cluster_id, other_id, note_id, cause, edit_id, notes_before, notes_after)
      select new.user_id, new.created_at, 'moved', new.cluster_id, m.from_id, m.note_id, 'edit', new.id, f.size, t.size
      from moved m join cluster f on f.user_id = new.user_id and f.id = m.from_id
      join cluster t on t.user_id = new.user_id and t.id = new.cluster_id)
    select array_agg(distinct from_id) || new.cluster_id into changed from moved;
    update cluster c set size = (select count(*) from cluster_membership m
      where m.user_id = c.user_id and m.cluster_id = c.id)
    where c.user_id = new.user_id and c.id = any(changed);
    update cluster a set size = (select coalesce(sum(t.size), 0) from cluster t
      where t.user_id = a.user_id and t.parent_id = a.id and t.retired_at is null)
    where a.user_id = new.user_id and a.id in (select t.parent_id from cluster t
      where t.user_id = new.user_id and t.id = any(changed));
  end if;
  return null;
end $$;
--> statement-breakpoint
create trigger show_edit after insert or delete on noctuary.cluster_edit
  for each row execute function noctuary.show_edit();
