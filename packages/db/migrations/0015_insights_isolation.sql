do $$
declare t text;
begin
  foreach t in array array['insight', 'insight_section', 'event_outbox'] loop
    execute format('alter table noctuary.%I enable row level security', t);
    execute format('alter table noctuary.%I force row level security', t);
    execute format('create policy own_rows on noctuary.%I to noctuary_user, noctuary_app
      using (user_id = (select noctuary.current_user_id()))
      with check (user_id = (select noctuary.current_user_id()))', t);
  end loop;
end $$;
--> statement-breakpoint
-- Events hold ids alone: whoever sends them sees those of all users, and no insight.
create policy all_rows on noctuary.event_outbox to noctuary_ledger
  using ((select current_user) = 'noctuary_ledger') with check ((select current_user) = 'noctuary_ledger');
--> statement-breakpoint
grant select, insert, update, delete on noctuary.insight, noctuary.insight_section to noctuary_user;
--> statement-breakpoint
grant select, insert, delete on noctuary.event_outbox to noctuary_user;
--> statement-breakpoint
grant select, update, delete on noctuary.event_outbox to noctuary_ledger;
--> statement-breakpoint
grant select (user_id, week, time_zone, status, notes_left_out, written_at) on noctuary.insight to noctuary_app;
--> statement-breakpoint
grant select (user_id, week, section, position, written_by, sentences, missing_code) on noctuary.insight_section
  to noctuary_app;
--> statement-breakpoint
create view noctuary.app_insight with (security_invoker = true) as
  select i.user_id, i.week, i.week - 6 as first_day, i.time_zone, i.status,
    array(select s.section from noctuary.insight_section s
      where s.user_id = i.user_id and s.week = i.week and s.missing_code is not null order by s.position) as missing,
    i.notes_left_out, i.written_at
  from noctuary.insight i;
--> statement-breakpoint
-- A sentence that rests on a note which was deleted or excluded by day is gone here at once.
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
grant select on noctuary.app_insight, noctuary.app_insight_sentence to noctuary_app;
