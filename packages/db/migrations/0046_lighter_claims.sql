-- A claim that need not wait for the disk, and says what it brings along with less work (docs/adr/0009).

-- Leases a task of a step that is due: pending, or running under a lease that has ended. Nothing where there is nothing to do.
-- The fence is the moment of the claim (microseconds since 1970) or one more than the last: should a crash of the server take
-- back a claim whose commit did not wait for the disk, the next one has another, and whoever holds the lost one ends nothing.
create or replace function noctuary.claim_task(asked_id text, asked_step text, lease_ms double precision)
returns table (task jsonb, run jsonb) language plpgsql as $$
declare
  claimed noctuary.task;
begin
  update noctuary.task t set status = 'running', attempts = attempts + 1,
    fence = greatest(fence + 1, (extract(epoch from clock_timestamp()) * 1000000)::bigint), not_before = null,
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
drop function noctuary.texts_to_embed(text, text, integer, text, text, text[], text, integer, bigint, boolean, timestamptz, text);
--> statement-breakpoint
-- The next texts of a range of notes, by the order of their ids, that still have to be embedded: their notes exist, may be
-- read, and neither a vector nor a refusal of this very text is stored. With ids, only those of the range. `may_be_stored`
-- says whether the vector of one of these texts can be there already: on a task's first page, whether the user has vectors of
-- the model; on a later one, where some are the task's own, whether other tasks of the run embed beside it. They are
-- `max_bytes` together at most, the last one not counted; with `never_more`, that one too.
create function noctuary.texts_to_embed(
  of_user text, of_model text, of_dimensions integer, first_id text, last_id text, ids text[], after_id text,
  max_notes integer, max_bytes bigint, compares_texts boolean, again_since timestamptz, beside_task text,
  never_more boolean default false)
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
      select *, sum(next.bytes) over (order by next.id) as bytes_so_far from (
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
    where m.bytes_so_far - case when never_more then 0 else m.bytes end <= max_bytes order by m.id;
end $$;
--> statement-breakpoint
-- As `claim_task`, for the step `embed`, and brings along the first texts of a range, as long as they are few bytes: behind
-- the row of the claim, a row each. Called as the ledger, and reads the texts as the role of the task's user. More of them
-- are read in a transaction of their own, which a claim must not depend on: that a worker died of them has to count as a try.
-- While another run embeds for the user the task is put off: what is stored then need not be asked for twice.
create or replace function noctuary.claim_embed(
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
    return query select null::jsonb, null::jsonb, t.id, t.title, t.body, t.updated_at, t.may_be_stored
    from noctuary.texts_to_embed(claimed.user_id, of_model, of_dimensions, claimed.payload->>'firstId',
      claimed.payload->>'lastId', null, '', max_notes, max_bytes, coalesce((claimed.payload->>'rehash')::boolean, false),
      null, asked_id, true) t
    order by t.id collate "C";
  exception when others then
    null; -- Whoever reads them in a transaction of their own is told.
  end;
end $$;
--> statement-breakpoint
grant execute on function noctuary.texts_to_embed(text, text, integer, text, text, text[], text, integer, bigint, boolean, timestamptz, text, boolean) to noctuary_user;
