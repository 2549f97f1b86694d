import type { Transaction } from "@noctuary/db/database";
import { queryColumns } from "@noctuary/db/notes/app-notes";
import type { AppVectorColumn } from "@noctuary/db/notes/app-vectors";
import { attachmentOf } from "@noctuary/db/notes/attachment";
import { UsageError } from "../exit.ts";
import { attachedTable, readQuery } from "./attach-notes.ts";

export interface VectorRequest {
  /** The column that holds the vectors. */
  vector: string;
  madeAt: string | null;
  /** A file with a query, where the vectors do not lie in what is attached. */
  queryFile: string | undefined;
}

/**
 * Where an app's vectors lie, by the ids that its notes have once they are attached: the table, view or query that is
 * attached, or a query of its own that gives `id`, `user_id` and the vector.
 *
 * @throws {UsageError} for what is not there, naming the columns that are
 */
export async function vectorSource(tx: Transaction, request: VectorRequest): Promise<AppVectorColumn> {
  const attached = attachedTable.safeParse((await attachmentOf(tx))?.request).data?.found;
  if (attached === undefined)
    throw new UsageError("vectors are adopted for notes that are attached: `noctuary attach TABLE` first");
  const { queryFile, vector, madeAt } = request;
  const own = queryFile === undefined ? null : `(${readQuery(queryFile)})`;
  const relation = own ?? attached.relation ?? attached.from;
  if (relation === undefined || relation === null)
    throw new UsageError(
      "these notes were attached by an earlier version, through a query: attach them once more, or say where the vectors lie with --query",
    );
  const [id, userId] =
    own === null ? [attached.columns.id.name, attached.columns.userId.name] : ["id", "user_id"];
  const columns = (await queryColumns(tx, `select * from ${relation} v`)).map(({ name }) => name);
  for (const name of [id, userId, vector, ...(madeAt === null ? [] : [madeAt])]) {
    if (columns.includes(name)) continue;
    throw new UsageError(
      `there is no column ${name}, only ${columns.join(", ")}${own === null ? ". Vectors that lie elsewhere: --query FILE, which gives id, user_id and the vector" : ""}`,
    );
  }
  return { relation, id, userId, vector, madeAt };
}
