-- The plan of many small accounts at once, made from ids and times alone, remembers when hashes were last compared.
grant insert (user_id, hashed_on), update (hashed_on) on noctuary.user_state to noctuary_ledger;
