import type { TestDatabase } from "../support/test-database.ts";

/**
 * Watches every change of a task from within the database: that nobody takes a task from a worker whose lease holds, and
 * that nobody but the last one to claim a task writes to it. Two workers at one task write the same, so that what they
 * leave behind would not tell. Who acts is told beforehand, for only one does at a time.
 */
export interface LedgerWatch {
  acts(worker: number): Promise<void>;
  /** What was done that nobody may do. */
  broken(): Promise<string[]>;
  forget(): Promise<void>;
}

export async function watchLedger({ query }: Pick<TestDatabase, "query">): Promise<LedgerWatch> {
  await query(`
    create table public.acting (worker int not null);
    insert into public.acting values (0);
    create table public.claimed (task_id text primary key, worker int not null);
    create table public.broken (what text not null);
    create function public.watch_task() returns trigger language plpgsql security definer as $$
    declare
      own int := (select worker from public.acting);
    begin
      if new.fence > old.fence then
        if old.status in ('done', 'failed') then
          insert into public.broken values ('a finished task was claimed');
        end if;
        if new.status = 'running' then
          -- A cancel seizes tasks, which costs them no try.
          if new.attempts > old.attempts and old.status = 'running' and old.lease_until >= noctuary.ledger_clock() then
            insert into public.broken values ('a task was taken from a worker whose lease holds');
          end if;
          insert into public.claimed values (new.id, own)
            on conflict (task_id) do update set worker = excluded.worker;
        end if;
      elsif old.status = 'running' and (new.status <> old.status or new.result is distinct from old.result
          or new.lease_until is distinct from old.lease_until) then
        if own is distinct from (select worker from public.claimed where task_id = new.id) then
          insert into public.broken values ('a worker wrote to a task that another one has claimed since');
        end if;
      end if;
      return new;
    end $$;
    create trigger watch after update on noctuary.task for each row execute function public.watch_task();`);
  return {
    async acts(worker) {
      await query("update public.acting set worker = $1", [worker]);
    },
    async broken() {
      return (await query<{ what: string }>("select what from public.broken")).map(({ what }) => what);
    },
    async forget() {
      await query("delete from public.claimed; delete from public.broken");
    },
  };
}
