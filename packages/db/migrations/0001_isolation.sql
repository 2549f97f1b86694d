-- Who may see what. Two roles, neither of which can log in, own a table or pass by row-level security: the login
-- that the functions use is a member of what it needs and takes a role on for one transaction (see access.ts).
--   noctuary_ledger: runs, tasks, ids and counts of all users; never a title, a body, a vector or a name.
--   noctuary_user:   everything of one user, the one that the transaction was opened for.
do $$ begin
  create role noctuary_ledger nologin;
exception when duplicate_object or unique_violation then null; -- roles are shared by all databases of a server
end $$;
--> statement-breakpoint
do $$ begin
  create role noctuary_user nologin;
exception when duplicate_object or unique_violation then null;
end $$;
--> statement-breakpoint
do $$ begin
  -- A migrating role that is no superuser must be able to take both roles on.
  if not (select rolsuper from pg_roles where rolname = current_user) then
    execute format('grant noctuary_ledger, noctuary_user to %I', current_user);
  end if;
end $$;
--> statement-breakpoint
grant usage on schema noctuary to noctuary_ledger, noctuary_user;
--> statement-breakpoint
-- Every policy asks this one function, so that an app's own authentication can be joined by replacing it.
create function noctuary.current_user_id() returns text language plpgsql stable parallel safe as $$
declare
  -- After a transaction that set it, the setting is '' and not null.
  id text := nullif(current_setting('app.user_id', true), '');
begin
  if id is null then
    raise exception 'no user is set for this transaction' using errcode = 'insufficient_privilege';
  end if;
  return id;
end $$;
--> statement-breakpoint
-- The key under which a text is embedded once. Line ends and outer white space do not count; composed and
-- decomposed letters are the same.
create function noctuary.content_hash(title text, body text) returns text language sql immutable parallel safe
return encode(sha256(convert_to(normalize(
  btrim(replace(title, E'\r\n', E'\n'), E' \t\n') || E'\n\n' || btrim(replace(body, E'\r\n', E'\n'), E' \t\n')
), 'UTF8')), 'hex');
--> statement-breakpoint
-- MAIN keeps a vector in its row as long as the row fits a page: a 512-dimensional one would otherwise be moved out
-- of line (9 times slower to scan), and PLAIN refuses more than about 2,000 dimensions.
alter table noctuary.note_embedding alter column vector set storage main;
--> statement-breakpoint
do $$
declare t text;
begin
  foreach t in array array['note', 'note_embedding', 'source', 'source_note', 'cluster', 'cluster_membership',
      'cluster_event', 'user_state', 'user_setting', 'usage', 'audit_log', 'run_user', 'task', 'outbox'] loop
    execute format('alter table noctuary.%I enable row level security', t);
    execute format('alter table noctuary.%I force row level security', t);
    -- (select ...) is evaluated once a query, not once a row.
    execute format('create policy own_rows on noctuary.%I to noctuary_user
      using (user_id = (select noctuary.current_user_id()))
      with check (user_id = (select noctuary.current_user_id()))', t);
  end loop;
  foreach t in array array['note', 'note_embedding', 'source', 'user_state', 'usage', 'audit_log', 'run_user', 'task',
      'outbox'] loop
    execute format('create policy all_rows on noctuary.%I to noctuary_ledger using (true) with check (true)', t);
  end loop;
end $$;
--> statement-breakpoint
grant select, insert, update, delete on
  noctuary.note, noctuary.note_embedding, noctuary.source, noctuary.source_note, noctuary.cluster,
  noctuary.cluster_membership, noctuary.cluster_event, noctuary.user_state, noctuary.user_setting, noctuary.usage
  to noctuary_user;
--> statement-breakpoint
grant select, insert, update on noctuary.run_user, noctuary.task, noctuary.outbox to noctuary_user;
--> statement-breakpoint
grant select, insert, update, delete on noctuary.run, noctuary.run_user, noctuary.task, noctuary.outbox to noctuary_ledger;
--> statement-breakpoint
grant select (id, user_id, updated_at, deleted_at, ai_excluded) on noctuary.note to noctuary_ledger;
--> statement-breakpoint
grant select (user_id, note_id, model, dimensions, content_hash, failed_hash, failed_code, seen_updated_at)
  on noctuary.note_embedding to noctuary_ledger;
--> statement-breakpoint
grant select (id, user_id) on noctuary.source to noctuary_ledger;
--> statement-breakpoint
grant select on noctuary.user_state to noctuary_ledger;
--> statement-breakpoint
grant select, insert, update, delete on noctuary.usage to noctuary_ledger;
--> statement-breakpoint
-- Append only: nobody but the owner, for retention, can change or remove a row.
grant insert on noctuary.audit_log to noctuary_user;
--> statement-breakpoint
grant select, insert on noctuary.audit_log to noctuary_ledger;
