-- The clock of leases, waits, breakers and budgets: the database's own, whatever a worker thinks the time is. A function,
-- so that a test can put another one in its place.
create function noctuary.ledger_clock() returns timestamptz language sql volatile parallel safe
return clock_timestamp();
--> statement-breakpoint
revoke execute on function noctuary.ledger_clock() from public;
--> statement-breakpoint
grant execute on function noctuary.ledger_clock() to noctuary_ledger, noctuary_user;
