-- The app's own schema: its notes, and who is signed in.
create schema app;
create table app.note (id bigint generated always as identity primary key, owner_id uuid not null, title text not null,
  body text not null, created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
  deleted_at timestamptz);
create table app.session (token text primary key, user_id uuid not null, expires_at timestamptz not null);

-- Its login: nothing of Noctuary but the contract.
create role notes_app login password 'change-me' in role noctuary_app;
grant usage on schema app to notes_app;
grant select, insert, update on app.note, app.session to notes_app;
