/** Notes of the bench's database into LangChain's PGVectorStore, as its documentation has it. Prints what that took. */
import { PGVectorStore } from "@langchain/community/vectorstores/pgvector";
import { Document } from "@langchain/core/documents";
import { OpenAIEmbeddings } from "@langchain/openai";
import pg from "pg";

const { DATABASE_URL, PROVIDER_URL, DIMENSIONS } = process.env;
const dimensions = Number(DIMENSIONS);
const pool = new pg.Pool({ connectionString: DATABASE_URL });
await pool.query("drop table if exists langchain_notes");
const embeddings = new OpenAIEmbeddings({
  apiKey: "none",
  configuration: { baseURL: PROVIDER_URL },
  model: "text-embedding-3-small",
  dimensions,
});
const store = await PGVectorStore.initialize(embeddings, { pool, tableName: "langchain_notes", dimensions });

const startedAt = performance.now();
const { rows } = await pool.query(
  "select id, title || E'\\n\\n' || body as text from noctuary.note order by id",
);
await store.addDocuments(rows.map(({ id, text }) => new Document({ pageContent: text, metadata: { id } })));
const ms = performance.now() - startedAt;
const stored = (await pool.query("select count(*)::int as n from langchain_notes")).rows[0].n;
await pool.query("drop table langchain_notes");
await store.end();
console.log(JSON.stringify({ stored, ms }));
