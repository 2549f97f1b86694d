do $$
declare t text;
begin
  foreach t in array array['kept_neighbours', 'kept_neighbours_chunk'] loop
    execute format('alter table noctuary.%I enable row level security', t);
    execute format('alter table noctuary.%I force row level security', t);
    execute format('create policy own_rows on noctuary.%I to noctuary_user
      using (user_id = (select noctuary.current_user_id()))
      with check (user_id = (select noctuary.current_user_id()))', t);
  end loop;
end $$;
--> statement-breakpoint
grant select, insert, update, delete on noctuary.kept_neighbours, noctuary.kept_neighbours_chunk to noctuary_user;
--> statement-breakpoint
-- Codes do not compress; trying takes longer than writing them.
alter table noctuary.kept_neighbours_chunk alter column bytes set storage external;
