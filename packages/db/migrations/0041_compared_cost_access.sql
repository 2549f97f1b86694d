-- Of all users together, so no user's: the ledger's alone.
grant select, insert, update on noctuary.compared_cost to noctuary_ledger;
