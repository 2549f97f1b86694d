-- The index of the plan was the primary key once more, with one further column: of 20 vectors that are stored, 20 entries
-- less to write. Rebuilt under a lock that nobody reads beside, some seconds for a million notes.
DROP INDEX "noctuary"."note_embedding_plan";
--> statement-breakpoint
alter table noctuary.note_embedding drop constraint note_embedding_user_id_note_id_model_dimensions_pk;
--> statement-breakpoint
alter table noctuary.note_embedding add constraint note_embedding_user_id_note_id_model_dimensions_pk
  primary key (user_id, note_id, model, dimensions) include (seen_updated_at);
--> statement-breakpoint
-- What is said once for each handful of small tasks, as functions, whose plans are kept (see 0045).

-- Rows of the outbox are changed twice and those of tasks three times, while they are young: with room in their page most
-- of that is done in place (HOT), without a further entry in each index.
alter table noctuary.outbox set (fillfactor = 50);
--> statement-breakpoint
alter table noctuary.task set (fillfactor = 60);
--> statement-breakpoint
-- Takes unsent messages, oldest first, for so long. By the order of the index alone: a bitmap of it would lead to each page
-- on which a message ever stood, as often as it is asked for (of 10,000 that were sent, two milliseconds), while a walk
-- along it remembers what is gone.
create function noctuary.take_unsent(max_messages integer, claim_ms double precision)
returns table (id bigint, queue text, task_id text, user_id text, delay_ms double precision)
language plpgsql set enable_seqscan = off set enable_bitmapscan = off as $$
begin
  return query
    with unsent as (
      select o.id from noctuary.outbox o
      where o.sent_at is null and (o.claimed_until is null or o.claimed_until < noctuary.ledger_clock())
      order by o.id limit max_messages for update skip locked)
    update noctuary.outbox o set claimed_until = noctuary.ledger_clock() + claim_ms * interval '1 millisecond'
    from unsent where o.id = unsent.id
    returning o.id, o.queue, o.task_id, o.user_id,
      greatest(0, coalesce(extract(epoch from o.not_before - noctuary.ledger_clock()) * 1000, 0))::double precision;
end $$;
--> statement-breakpoint
create function noctuary.mark_sent(ids bigint[]) returns void language plpgsql set enable_seqscan = off as $$
begin
  with sent as (update noctuary.outbox o set sent_at = noctuary.ledger_clock() where o.id = any(ids) returning o.task_id)
  update noctuary.task t set sent_at = noctuary.ledger_clock() from sent where t.id = sent.task_id;
end $$;
--> statement-breakpoint
-- Ends a task of the step `embed` with what its last request brought, where it brought anything. What a function does is
-- assigned, for an expression is evaluated without a query of its own.
create or replace function noctuary.end_embed(
  of_task text, of_fence bigint, of_run text, of_user text, end_result jsonb, of_model text, of_dimensions integer,
  ids text[], hashes text[], updated_ats text[], vectors vector[], failures jsonb, of_day date, more_inputs integer,
  more_requests integer, more_tokens bigint, more_usd double precision, night text)
returns void language plpgsql as $$
declare
  done text;
begin
  done := noctuary.finish_task(of_task, of_fence, 'done', end_result, null);
  if cardinality(ids) + jsonb_array_length(failures) > 0 then
    -- The order in which the plan locks these rows.
    perform from noctuary.run_user where run_id = of_run and user_id = of_user for update;
    if cardinality(ids) > 0 then
      done := noctuary.save_vectors(of_user, of_model, of_dimensions, ids, hashes, updated_ats, vectors);
    end if;
    if jsonb_array_length(failures) > 0 then
      done := noctuary.save_failures(of_user, of_model, of_dimensions, failures);
    end if;
    done := noctuary.raise_version(of_user);
    if of_day is not null then
      done := noctuary.add_usage(of_user, of_day, of_model, more_inputs, more_requests, more_tokens, more_usd);
    end if;
    done := noctuary.add_audit(of_user, 'embed', of_run, of_task, 'notes embedded',
      jsonb_build_object('saved', cardinality(ids), 'failed', jsonb_array_length(failures)));
  end if;
  done := noctuary.cluster_when_ready(of_run, of_user, night);
end $$;
--> statement-breakpoint
grant execute on function noctuary.take_unsent(integer, double precision), noctuary.mark_sent(bigint[]) to noctuary_ledger;
