import { sql } from "drizzle-orm";
import type { LedgerTransaction, UserTransaction } from "../access.ts";
import type { EmbeddingModel } from "./note-changes.ts";

export interface EmbeddingTrial {
  candidate: EmbeddingModel;
  /** What was in use when the trial began. */
  against: EmbeddingModel;
  startedAt: Date;
}

export async function embeddingTrial(tx: LedgerTransaction): Promise<EmbeddingTrial | null> {
  const { rows } = await tx.execute<{
    model: string;
    dimensions: number;
    against_model: string;
    against_dimensions: number;
    started_at: string;
  }>(sql`select * from embedding_trial`);
  const row = rows[0];
  if (row === undefined) return null;
  return {
    candidate: { model: row.model, dimensions: row.dimensions },
    against: { model: row.against_model, dimensions: row.against_dimensions },
    startedAt: new Date(row.started_at),
  };
}

/** Begins a trial; one of another model that was there is over, and the next nights clear its vectors away. */
export async function beginTrial(
  tx: LedgerTransaction,
  { candidate, against }: Omit<EmbeddingTrial, "startedAt">,
): Promise<void> {
  await tx.execute(sql`
    insert into embedding_trial (model, dimensions, against_model, against_dimensions)
    values (${candidate.model}, ${candidate.dimensions}, ${against.model}, ${against.dimensions})
    on conflict (only_one) do update set model = excluded.model, dimensions = excluded.dimensions,
      against_model = excluded.against_model, against_dimensions = excluded.against_dimensions,
      started_at = clock_timestamp()
    where (embedding_trial.model, embedding_trial.dimensions) <> (excluded.model, excluded.dimensions)`);
}

/** From now on nights keep the vectors of the model that they work with, and clear the other's away. */
export async function endTrial(tx: LedgerTransaction): Promise<void> {
  await tx.execute(sql`delete from embedding_trial`);
}

/** The model that clusters are made of now, by how many users; the first is what is in use. */
export async function modelsInUse(
  tx: LedgerTransaction,
): Promise<{ model: EmbeddingModel; users: number }[]> {
  const { rows } = await tx.execute<{ key: string; users: number }>(sql`
    select clustered_model as key, count(*)::int as users from user_state where clustered_model is not null
    group by 1 order by 2 desc, 1`);
  return rows.map(({ key, users }) => {
    const at = key.lastIndexOf("/");
    return { model: { model: key.slice(0, at), dimensions: Number(key.slice(at + 1)) }, users };
  });
}

/** Removes a user's vectors of a model that their clusters are not made of. */
export async function dropVectors(
  tx: UserTransaction,
  userId: string,
  { model, dimensions }: EmbeddingModel,
): Promise<number> {
  const { rowCount } = await tx.execute(sql`
    delete from note_embedding e where user_id = ${userId} and model = ${model} and dimensions = ${dimensions}
      and not exists (select from user_state s where s.user_id = e.user_id
        and s.clustered_model = ${`${model}/${dimensions}`})`);
  return rowCount ?? 0;
}
