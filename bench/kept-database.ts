import type { AccountToCluster, ClusteredAccount } from "@noctuary/core/clustering/cluster-account";
import { KEPT_VERSION, keptParts } from "@noctuary/core/clustering/kept-state";
import { asUser } from "@noctuary/db/access";
import { keptChunks, keptHeader, saveKeptNeighbours } from "@noctuary/db/clusters/kept-neighbours";
import { openDatabase } from "@noctuary/db/database";
import { migrate } from "@noctuary/db/migrate";
import pg from "pg";

export type KeptState = NonNullable<AccountToCluster["kept"]>;

export interface KeptDatabase extends AsyncDisposable {
  /** All that is kept of the user's neighbours, as a night reads it. */
  read(): Promise<KeptState>;
  write(keep: NonNullable<ClusteredAccount["keep"]>): Promise<void>;
}

const USER = "user";

/** A database of its own on a server, for one user's kept neighbours; dropped when it is disposed of. */
export async function keptDatabase(server: string, dimensions: number): Promise<KeptDatabase> {
  const name = `noctuary_bench_clustering_${process.pid}`;
  const admin = new pg.Client({ connectionString: server });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const db = openDatabase({ url, maxConnections: 2 });
  await migrate(db);
  return {
    read: () =>
      asUser(db, USER, async (tx) => {
        const header = (await keptHeader(tx, USER))!;
        const chunks: KeptState["chunks"] = [];
        for (const part of keptParts) chunks.push(...(await keptChunks(tx, USER, part)));
        return { header, chunks };
      }),
    write: ({ header, chunks, all }) =>
      asUser(db, USER, (tx) =>
        saveKeptNeighbours(
          tx,
          USER,
          { model: "bench", dimensions, version: KEPT_VERSION, ...header },
          { chunks, all },
        ),
      ),
    async [Symbol.asyncDispose]() {
      await db.close();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}
