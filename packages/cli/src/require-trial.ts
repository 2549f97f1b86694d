import { asLedger } from "@noctuary/db/access";
import { beginTrial, embeddingTrial, modelsInUse } from "@noctuary/db/notes/embedding-trial";
import { CommandError, UsageError } from "./exit.ts";
import { embeddingModel } from "./overview.ts";
import type { Session } from "./session.ts";

/**
 * Begins the trial of the model that this command was given, or goes on with it.
 *
 * @throws {UsageError} where that is the one in use
 */
export async function requireTrial(session: Session): Promise<void> {
  const { model, dimensions } = embeddingModel(session);
  await asLedger(session.db, async (tx) => {
    const [inUse] = await modelsInUse(tx);
    if (inUse === undefined)
      throw new CommandError("nothing is clustered yet: there is no model in use to try another one beside");
    const isSame = inUse.model.model === model && inUse.model.dimensions === dimensions;
    if (isSame)
      throw new UsageError(
        `${model} with ${dimensions} dimensions is the model in use: name another for this command, as in \`NOCTUARY_EMBEDDING_MODEL=... NOCTUARY_DIMENSIONS=... noctuary run nightly-cluster --trial --embedder openai\``,
      );
    const trial = await embeddingTrial(tx);
    await beginTrial(tx, {
      candidate: { model, dimensions },
      against:
        trial?.candidate.model === model && trial.candidate.dimensions === dimensions
          ? trial.against
          : inUse.model,
    });
  });
}
