-- What each of many small tasks says to the database. As functions, because the server keeps their plans for as long as a
-- connection lives, behind a transaction pooler too; sent as text, each statement is parsed and planned anew, which takes
-- longer than what it does. They run as whoever calls them, under the policies for that role. A kept plan may be older than
-- most rows of a table, so none of them reads a table from one end to the other.

-- Leases a task of a step that is due: pending, or running under a lease that has ended. Nothing where there is nothing to do.
create function noctuary.claim_task(asked_id text, asked_step text, lease_ms double precision)
returns table (task jsonb, run jsonb) language plpgsql as $$
declare
  claimed noctuary.task;
begin
  update noctuary.task t set status = 'running', attempts = attempts + 1, fence = fence + 1, not_before = null,
    waits_for = null, lease_until = noctuary.ledger_clock() + lease_ms * interval '1 millisecond'
  where t.id = asked_id and t.step = asked_step and (
    (t.status = 'pending' and (t.not_before is null or t.not_before <= noctuary.ledger_clock()))
    or (t.status = 'running' and t.lease_until < noctuary.ledger_clock()))
  returning t.* into claimed;
  if not found then
    return;
  end if;
  return query select to_jsonb(claimed) || jsonb_build_object('own_budget_usd',
      (select s.monthly_budget_usd from noctuary.user_setting s where s.user_id = claimed.user_id)),
    jsonb_build_object('id', r.id, 'job', r.job, 'localDate', r.local_date, 'trigger', r.trigger, 'options', r.options,
      'asOf', r.as_of, 'status', r.status, 'totals', r.totals, 'costUsd', r.cost_usd, 'error', r.error,
      'createdAt', r.created_at, 'finishedAt', r.finished_at, 'cancelledAt', r.cancelled_at)
    from noctuary.run r where r.id = claimed.run_id;
end $$;
--> statement-breakpoint
-- Ends a task under the fence that it was claimed under. Refused where that is no longer the newest.
create function noctuary.finish_task(asked_id text, asked_fence bigint, end_status text, end_result jsonb, end_error jsonb)
returns void language plpgsql as $$
begin
  update noctuary.task set status = end_status, result = coalesce(end_result, result), error = end_error,
    lease_until = null, finished_at = noctuary.ledger_clock()
  where id = asked_id and fence = asked_fence and status = 'running';
  if not found then
    raise exception 'another worker holds this task now' using errcode = 'LEASE';
  end if;
end $$;
--> statement-breakpoint
-- The next texts of a range of notes, by the order of their ids, that still have to be embedded: their notes exist, may be
-- read, and neither a vector nor a refusal of this very text is stored. With ids, only those of the range. `may_be_stored`
-- says whether the vector of one of these texts can be there already: on a task's first page, whether the user has vectors of
-- the model; on a later one, where some are the task's own, whether other tasks of the run embed beside it.
create function noctuary.texts_to_embed(
  of_user text, of_model text, of_dimensions integer, first_id text, last_id text, ids text[], after_id text,
  max_notes integer, max_bytes bigint, compares_texts boolean, again_since timestamptz, beside_task text)
returns table (id text, title text, body text, updated_at text, may_be_stored boolean)
language plpgsql set enable_seqscan = off as $$
declare
  has_rows boolean := after_id <> '' or exists (select from noctuary.note_embedding e where e.user_id = of_user);
  has_others boolean := false;
begin
  -- A kept plan may be one for an empty table, and look at all rows of the user for each note: it is for users who have none.
  perform set_config('plan_cache_mode', case when has_rows then 'force_custom_plan' else 'force_generic_plan' end, true);
  if after_id = '' and has_rows then
    has_others := exists (select from noctuary.note_embedding e where e.user_id = of_user and e.model = of_model
      and e.dimensions = of_dimensions and e.vector is not null);
  elsif has_rows then
    has_others := exists (select from noctuary.task own join noctuary.task t on t.run_id = own.run_id
      and t.user_id = own.user_id and t.step = own.step and t.id <> own.id where own.id = beside_task);
  end if;
  return query
    select m.id, m.title, m.body, m.updated_at::text, has_others from (
      select *, sum(next.bytes) over (order by next.id) - next.bytes as bytes_before from (
        select n.id, n.title, n.body, n.updated_at, octet_length(n.title) + octet_length(n.body) as bytes
        -- One by one (offset): the planner, where it knows nothing of the tables, looks at all rows of the user for each note.
        from noctuary.note n left join lateral (
          select e.note_id, e.seen_updated_at, e.embedded_at, e.content_hash, e.failed_hash from noctuary.note_embedding e
          where e.user_id = of_user and e.note_id = n.id and e.model = of_model and e.dimensions = of_dimensions
          offset 0) e on true
        where n.user_id = of_user and n.id >= first_id and n.id <= last_id and n.id > after_id
          and (ids is null or n.id = any(ids)) and n.deleted_at is null and not n.ai_excluded
          and case when again_since is not null then e.embedded_at is null or e.embedded_at < again_since
            else e.note_id is null or e.seen_updated_at is distinct from n.updated_at or (compares_texts
              and coalesce(e.failed_hash, e.content_hash) is distinct from noctuary.content_hash(n.title, n.body)) end
        order by n.id limit max_notes) next) m
    where m.bytes_before < max_bytes order by m.id;
end $$;
--> statement-breakpoint
-- As `claim_task`, for the step `embed`, and brings along the first texts of a range, as long as they are few bytes: behind
-- the row of the claim, a row each. Called as the ledger, and reads the texts as the role of the task's user. More of them
-- are read in a transaction of their own, which a claim must not depend on: that a worker died of them has to count as a try.
-- While another run embeds for the user the task is put off: what is stored then need not be asked for twice.
create function noctuary.claim_embed(
  asked_id text, lease_ms double precision, put_off_ms double precision, of_model text, of_dimensions integer,
  max_notes integer, max_bytes bigint)
returns table (task jsonb, run jsonb, id text, title text, body text, updated_at text, may_be_stored boolean)
language plpgsql set enable_seqscan = off as $$
declare
  own noctuary.task;
  other record;
  is_at_work boolean := false;
  later timestamptz := noctuary.ledger_clock() + put_off_ms * interval '1 millisecond';
  claimed record;
begin
  select * into own from noctuary.task t where t.id = asked_id;
  -- Of two that are claimed at the same instant the second one sees the first.
  perform pg_advisory_xact_lock(hashtext('noctuary embed'), hashtext(own.user_id));
  for other in select r.id from noctuary.run r where r.status = 'running' and r.id <> own.run_id loop
    -- In words that the index of leases does not suit: most of what it holds in a night has ended.
    is_at_work := exists (select from noctuary.task t where t.run_id = other.id and t.user_id = own.user_id
      and t.step = 'embed' and t.status not in ('pending', 'done', 'failed') and t.lease_until > noctuary.ledger_clock());
    exit when is_at_work;
  end loop;
  if is_at_work then
    update noctuary.task t set not_before = later where t.id = asked_id and t.status = 'pending'
      and (t.not_before is null or t.not_before <= noctuary.ledger_clock());
    if found then
      insert into noctuary.outbox (queue, task_id, user_id, not_before) values (own.queue, own.id, own.user_id, later);
    end if;
    return;
  end if;
  select c.task, c.run, c.task->'payload' as payload, c.task->>'user_id' as user_id into claimed
  from noctuary.claim_task(asked_id, 'embed', lease_ms) c;
  if not found then
    return;
  end if;
  return query select claimed.task, claimed.run, null, null, null, null, null::boolean;
  if not claimed.payload ? 'firstId' or (claimed.payload->>'full')::boolean then
    return;
  end if;
  perform set_config('app.user_id', claimed.user_id, true), set_config('role', 'noctuary_user', true);
  begin
    return query select null::jsonb, null::jsonb, p.id, p.title, p.body, p.updated_at, p.may_be_stored from (
      select t.*, sum(octet_length(t.title) + octet_length(t.body)) over (order by t.id) as bytes_so_far
      from noctuary.texts_to_embed(claimed.user_id, of_model, of_dimensions, claimed.payload->>'firstId',
        claimed.payload->>'lastId', null, '', max_notes, max_bytes, coalesce((claimed.payload->>'rehash')::boolean, false),
        null, asked_id) t) p
    where p.bytes_so_far <= max_bytes order by p.id;
  exception when others then
    null; -- Whoever reads them in a transaction of their own is told.
  end;
end $$;
--> statement-breakpoint
-- Stores vectors with the hashes that they belong to, in the order that they come in. A row that shows the note as it is now
-- stays: a slow worker cannot put an earlier text's vector over it.
create function noctuary.save_vectors(
  of_user text, of_model text, of_dimensions integer, ids text[], hashes text[], updated_ats text[], vectors vector[])
returns void language plpgsql set enable_seqscan = off as $$
begin
  insert into noctuary.note_embedding as e
    (user_id, note_id, model, dimensions, content_hash, vector, seen_updated_at, embedded_at)
  select of_user, n.id, of_model, of_dimensions, n.hash, n.vector, n.updated_at::timestamptz, clock_timestamp()
  from unnest(ids, hashes, updated_ats, vectors) as n(id, hash, updated_at, vector)
  on conflict (user_id, note_id, model, dimensions) do update set content_hash = excluded.content_hash,
    vector = excluded.vector, seen_updated_at = excluded.seen_updated_at, embedded_at = excluded.embedded_at,
    failed_hash = null, failed_code = null, failed_at = null
  where not exists (select 1 from noctuary.note n where n.user_id = e.user_id and n.id = e.note_id
    and n.updated_at = e.seen_updated_at and n.updated_at <> excluded.seen_updated_at);
end $$;
--> statement-breakpoint
-- Records why texts have no vector. A vector of an earlier text stays.
create function noctuary.save_failures(of_user text, of_model text, of_dimensions integer, failures jsonb)
returns void language plpgsql set enable_seqscan = off as $$
begin
  insert into noctuary.note_embedding as e
    (user_id, note_id, model, dimensions, failed_hash, failed_code, failed_at, seen_updated_at)
  select of_user, f.id, of_model, of_dimensions, f."contentHash", f.code, clock_timestamp(), f."updatedAt"::timestamptz
  from jsonb_to_recordset(failures) as f(id text, "contentHash" text, code text, "updatedAt" text)
  order by f.id collate "C"
  on conflict (user_id, note_id, model, dimensions) do update set failed_hash = excluded.failed_hash,
    failed_code = excluded.failed_code, failed_at = excluded.failed_at, seen_updated_at = excluded.seen_updated_at
  where not exists (select 1 from noctuary.note n where n.user_id = e.user_id and n.id = e.note_id
    and n.updated_at = e.seen_updated_at and n.updated_at <> excluded.seen_updated_at);
end $$;
--> statement-breakpoint
-- Locks the user's version row to the end of the transaction and raises the version. Returns the one before.
create function noctuary.raise_version(of_user text) returns bigint language plpgsql as $$
declare
  raised bigint;
begin
  insert into noctuary.user_state as s (user_id, version) values (of_user, 1)
  on conflict (user_id) do update set version = s.version + 1 returning version into raised;
  return raised - 1;
end $$;
--> statement-breakpoint
create function noctuary.add_usage(
  of_user text, of_day date, of_model text, more_inputs integer, more_requests integer, more_tokens bigint,
  more_usd double precision)
returns void language plpgsql as $$
begin
  insert into noctuary.usage as u (user_id, day, model, inputs, requests, tokens, cost_usd)
  values (of_user, of_day, of_model, more_inputs, more_requests, more_tokens, more_usd)
  on conflict (user_id, day, model) do update set inputs = u.inputs + excluded.inputs,
    requests = u.requests + excluded.requests, tokens = u.tokens + excluded.tokens,
    cost_usd = u.cost_usd + excluded.cost_usd;
end $$;
--> statement-breakpoint
create function noctuary.add_audit(
  of_user text, by_actor text, of_run text, of_task text, done_action text, done_counts jsonb)
returns void language plpgsql as $$
begin
  insert into noctuary.audit_log (user_id, actor, run_id, task_id, action, counts)
  values (of_user, by_actor, of_run, of_task, done_action, done_counts);
end $$;
--> statement-breakpoint
-- Adds tasks and the messages that wake their workers. Tasks that exist stay as they are. Returns how many were added.
create function noctuary.add_tasks(tasks jsonb) returns integer language plpgsql as $$
declare
  number_added integer;
begin
  with added as (
    insert into noctuary.task (created_at, id, run_id, step, queue, user_id, payload)
    select noctuary.ledger_clock(), t.id, t.run_id, t.step, t.queue, t.user_id, t.payload
    from jsonb_to_recordset(tasks) as t(id text, run_id text, step text, queue text, user_id text, payload jsonb)
    on conflict do nothing
    returning task.id, task.queue, task.user_id)
  insert into noctuary.outbox (queue, task_id, user_id) select a.queue, a.id, a.user_id from added a;
  get diagnostics number_added = row_count;
  return number_added;
end $$;
--> statement-breakpoint
-- Ends a user's part in a run, whose row the caller has locked: whatever waited for that night of the user's is due now.
create function noctuary.end_run_user(of_run text, of_user text, end_status text, night text)
returns void language plpgsql set enable_seqscan = off as $$
begin
  update noctuary.run_user set status = end_status where run_id = of_run and user_id = of_user;
  -- Who begins to wait takes the same lock: nobody begins unseen between these statements and the commit.
  perform pg_advisory_xact_lock(hashtext('noctuary wait'), hashtext(of_user));
  with woken as (
    update noctuary.task set not_before = null, waits_for = null
    where user_id = of_user and waits_for = night and status = 'pending'
    returning id, queue)
  insert into noctuary.outbox (queue, task_id, user_id) select w.queue, w.id, of_user from woken w;
end $$;
--> statement-breakpoint
-- Starts a user's clustering once the user is planned to the end and each embed task is finished or failed. Called in the
-- transaction that ended the plan or one of these tasks. The last two of a user that end at the same instant come to the lock
-- one after the other, and exactly one of them finds nothing left (counting without the lock, none would).
create function noctuary.cluster_when_ready(of_run text, of_user text, night text) returns void language plpgsql set enable_seqscan = off as $$
declare
  part noctuary.run_user;
  is_over boolean;
  new_task text;
begin
  select * into part from noctuary.run_user where run_id = of_run and user_id = of_user for update;
  -- The night is over for this user, and a task was taken up again after that: what it stored is grouped by the next.
  is_over := part.status <> 'open';
  if not is_over then
    -- In words that the index of a run's unfinished tasks does not suit: where the planner knows nothing of the table it
    -- takes that one for as short as the user's, and looks at all users' tasks.
    if part.planned_at is null or exists (select from noctuary.task
        where run_id = of_run and user_id = of_user and step = 'embed' and status not in ('done', 'failed')) then
      return;
    end if;
    if not part.needs_cluster then
      perform noctuary.end_run_user(of_run, of_user, 'done', night);
      return;
    end if;
    -- Where it is under way already, without what was taken up again and stored just now, the next night groups that.
    -- Written out: `add_tasks` reads its rows from JSON, which took half of this function's time.
    insert into noctuary.task (created_at, id, run_id, step, queue, user_id, payload)
    values (noctuary.ledger_clock(), gen_random_uuid(), of_run, 'cluster', 'cluster', of_user, jsonb_build_object(
      'withholdDeletions', (part.counts->>'withheld')::integer > 0, 'vanished', part.counts->'vanished'))
    on conflict do nothing returning id into new_task;
    is_over := not found;
    if not is_over then
      insert into noctuary.outbox (queue, task_id, user_id) values ('cluster', new_task, of_user);
    end if;
  end if;
  if is_over then
    insert into noctuary.user_state (user_id, edits_pending) values (of_user, true)
    on conflict (user_id) do update set edits_pending = true;
  end if;
end $$;
--> statement-breakpoint
-- Ends a task of the step `embed` with what its last request brought, where it brought anything.
create function noctuary.end_embed(
  of_task text, of_fence bigint, of_run text, of_user text, end_result jsonb, of_model text, of_dimensions integer,
  ids text[], hashes text[], updated_ats text[], vectors vector[], failures jsonb, of_day date, more_inputs integer,
  more_requests integer, more_tokens bigint, more_usd double precision, night text)
returns void language plpgsql as $$
begin
  perform noctuary.finish_task(of_task, of_fence, 'done', end_result, null);
  if cardinality(ids) + jsonb_array_length(failures) > 0 then
    -- The order in which the plan locks these rows.
    perform from noctuary.run_user where run_id = of_run and user_id = of_user for update;
    if cardinality(ids) > 0 then
      perform noctuary.save_vectors(of_user, of_model, of_dimensions, ids, hashes, updated_ats, vectors);
    end if;
    if jsonb_array_length(failures) > 0 then
      perform noctuary.save_failures(of_user, of_model, of_dimensions, failures);
    end if;
    perform noctuary.raise_version(of_user);
    if of_day is not null then
      perform noctuary.add_usage(of_user, of_day, of_model, more_inputs, more_requests, more_tokens, more_usd);
    end if;
    perform noctuary.add_audit(of_user, 'embed', of_run, of_task, 'notes embedded',
      jsonb_build_object('saved', cardinality(ids), 'failed', jsonb_array_length(failures)));
  end if;
  perform noctuary.cluster_when_ready(of_run, of_user, night);
end $$;
--> statement-breakpoint
grant execute on function noctuary.claim_task(text, text, double precision),
  noctuary.claim_embed(text, double precision, double precision, text, integer, integer, bigint) to noctuary_ledger;
--> statement-breakpoint
grant execute on function noctuary.finish_task(text, bigint, text, jsonb, jsonb), noctuary.add_tasks(jsonb),
  noctuary.add_audit(text, text, text, text, text, jsonb)
  to noctuary_ledger, noctuary_user;
--> statement-breakpoint
grant execute on function
  noctuary.texts_to_embed(text, text, integer, text, text, text[], text, integer, bigint, boolean, timestamptz, text),
  noctuary.save_vectors(text, text, integer, text[], text[], text[], vector[]),
  noctuary.save_failures(text, text, integer, jsonb), noctuary.raise_version(text),
  noctuary.add_usage(text, date, text, integer, integer, bigint, double precision),
  noctuary.end_run_user(text, text, text, text), noctuary.cluster_when_ready(text, text, text),
  noctuary.end_embed(text, bigint, text, text, jsonb, text, integer, text[], text[], text[], vector[], jsonb, date, integer,
    integer, bigint, double precision, text)
  to noctuary_user;
