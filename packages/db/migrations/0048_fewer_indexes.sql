-- An index is written for each task and each message, several times in their short lives, and one that is partial has its
-- condition prepared for each statement, whether it holds or not.
--
-- The strongest locks come first. What is due, or whose lease has ended, is among the unfinished.
DROP INDEX "noctuary"."task_due";--> statement-breakpoint
DROP INDEX "noctuary"."task_leased";--> statement-breakpoint
-- What a job may have once in a run is one index, and not one for plans and another one for the rest.
DROP INDEX "noctuary"."task_one_plan";--> statement-breakpoint
DROP INDEX "noctuary"."task_one_a_user";--> statement-breakpoint
CREATE UNIQUE INDEX "task_once" ON "noctuary"."task" USING btree ("run_id",coalesce(user_id, ''),"step") WHERE step <> 'embed';--> statement-breakpoint
-- What is sent leaves the outbox, instead of lying there for a day: whatever lies there is to be sent, and the key is its
-- only index. The owner of a table under forced row-level security sees none of its rows. `sent_at` stays for functions of
-- the version before, which run until they are replaced.
DROP INDEX "noctuary"."outbox_unsent";--> statement-breakpoint
DROP INDEX "noctuary"."outbox_sent";--> statement-breakpoint
DROP INDEX "noctuary"."outbox_by_task";--> statement-breakpoint
alter table noctuary.outbox no force row level security;--> statement-breakpoint
delete from noctuary.outbox where sent_at is not null;--> statement-breakpoint
alter table noctuary.outbox force row level security;--> statement-breakpoint
-- Takes messages to send, oldest first, for so long. By the order of the key alone (0047).
create or replace function noctuary.take_unsent(max_messages integer, claim_ms double precision)
returns table (id bigint, queue text, task_id text, user_id text, delay_ms double precision)
language plpgsql set enable_seqscan = off set enable_bitmapscan = off as $$
begin
  return query
    with unsent as (
      select o.id from noctuary.outbox o
      where o.claimed_until is null or o.claimed_until < noctuary.ledger_clock()
      order by o.id limit max_messages for update skip locked)
    update noctuary.outbox o set claimed_until = noctuary.ledger_clock() + claim_ms * interval '1 millisecond'
    from unsent where o.id = unsent.id
    returning o.id, o.queue, o.task_id, o.user_id,
      greatest(0, coalesce(extract(epoch from o.not_before - noctuary.ledger_clock()) * 1000, 0))::double precision;
end $$;--> statement-breakpoint
-- Removes messages that were sent, and lets their tasks know where what they know is older than a minute. A task that
-- somebody holds just now is passed by: whoever marks many never waits, so none waits for him in a circle.
create or replace function noctuary.mark_sent(ids bigint[]) returns void language plpgsql set enable_seqscan = off as $$
begin
  with sent as (delete from noctuary.outbox o where o.id = any(ids) returning o.task_id),
  late as (
    select t.id from sent join noctuary.task t on t.id = sent.task_id
    where t.sent_at is null or t.sent_at < noctuary.ledger_clock() - interval '1 minute'
    for no key update of t skip locked)
  update noctuary.task t set sent_at = noctuary.ledger_clock() from late where t.id = late.id;
end $$;--> statement-breakpoint
-- Adds tasks and the messages that wake their workers. Tasks that exist stay as they are. Returns how many were added.
create or replace function noctuary.add_tasks(tasks jsonb) returns integer language plpgsql as $$
declare
  number_added integer;
begin
  with added as (
    insert into noctuary.task (created_at, sent_at, id, run_id, step, queue, user_id, payload)
    select noctuary.ledger_clock(), noctuary.ledger_clock(), t.id, t.run_id, t.step, t.queue, t.user_id, t.payload
    from jsonb_to_recordset(tasks) as t(id text, run_id text, step text, queue text, user_id text, payload jsonb)
    on conflict do nothing
    returning task.id, task.queue, task.user_id)
  insert into noctuary.outbox (queue, task_id, user_id) select a.queue, a.id, a.user_id from added a;
  get diagnostics number_added = row_count;
  return number_added;
end $$;--> statement-breakpoint
-- Starts a user's clustering once the user is planned to the end and each embed task is finished or failed. Called in the
-- transaction that ended the plan or one of these tasks. The last two of a user that end at the same instant come to the lock
-- one after the other, and exactly one of them finds nothing left (counting without the lock, none would).
create or replace function noctuary.cluster_when_ready(of_run text, of_user text, night text)
returns void language plpgsql set enable_seqscan = off as $$
declare
  part noctuary.run_user;
  is_over boolean;
  new_task text;
  made_at timestamptz := noctuary.ledger_clock();
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
    insert into noctuary.task (created_at, sent_at, id, run_id, step, queue, user_id, payload)
    values (made_at, made_at, gen_random_uuid(), of_run, 'cluster', 'cluster', of_user, jsonb_build_object(
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
