"""Notes of the bench's database through a pgai vectorizer and its worker, run once. Prints what that took."""

import json
import os
import subprocess
import sys
import time

import psycopg

url = os.environ["DATABASE_URL"]
dimensions = int(os.environ["DIMENSIONS"])
environment = {**os.environ, "TIKTOKEN_CACHE_DIR": os.path.join(os.path.dirname(__file__), ".venv"), "OPENAI_API_KEY": "none", "OPENAI_BASE_URL": os.environ["PROVIDER_URL"]}


def pgai(*arguments):
    subprocess.run(
        [sys.executable, "-m", "pgai", *arguments], env=environment, check=True, stdout=sys.stderr
    )


pgai("install", "--db-url", url)
with psycopg.connect(url, autocommit=True) as connection:
    connection.execute("drop table if exists public.pgai_note cascade")
    connection.execute(
        """create table public.pgai_note as
             select id, title || E'\\n\\n' || body as text from noctuary.note"""
    )
    connection.execute("alter table public.pgai_note add primary key (id)")
    connection.execute(
        """select ai.create_vectorizer('public.pgai_note'::regclass,
             loading => ai.loading_column('text'),
             embedding => ai.embedding_openai('text-embedding-3-small', %s, base_url => %s),
             chunking => ai.chunking_none(),
             destination => ai.destination_table('pgai_note_embedding'))""",
        (dimensions, os.environ["PROVIDER_URL"]),
    )
    started = time.monotonic()
    pgai("vectorizer", "worker", "--db-url", url, "--once", "--log-level", "ERROR")
    ms = (time.monotonic() - started) * 1000
    stored = connection.execute("select count(*) from public.pgai_note_embedding_store").fetchone()[0]
    connection.execute("drop table public.pgai_note cascade")
print(json.dumps({"stored": stored, "ms": ms}))
