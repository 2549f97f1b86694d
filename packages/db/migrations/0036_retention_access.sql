-- The audit stays append only for a month, whatever a setting or a mistake says; then the nightly clean-up may remove rows.
create policy kept_for_a_month on noctuary.audit_log as restrictive for delete to noctuary_ledger
  using (at < (select noctuary.ledger_clock()) - interval '30 days');
--> statement-breakpoint
grant delete on noctuary.audit_log to noctuary_ledger;
