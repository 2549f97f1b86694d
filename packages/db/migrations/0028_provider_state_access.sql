-- What is known of a provider holds nothing of any user.
grant select, insert, update, delete on noctuary.provider_state to noctuary_ledger;
