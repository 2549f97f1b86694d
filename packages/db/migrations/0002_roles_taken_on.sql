-- A policy for a role also holds for whoever is a member of it. A login that inherits both roles, which the owner of
-- the tables may be as well, would read all rows of all users through the ledger's policy by the rights of the other
-- role. So the ledger's policy asks that the role was taken on, which is done for one transaction (see access.ts).
do $$
declare t text;
begin
  foreach t in array array['note', 'note_embedding', 'source', 'user_state', 'usage', 'audit_log', 'run_user', 'task',
      'outbox'] loop
    execute format('alter policy all_rows on noctuary.%I
      using ((select current_user) = ''noctuary_ledger'') with check ((select current_user) = ''noctuary_ledger'')', t);
  end loop;
end $$;
