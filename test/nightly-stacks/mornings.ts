import { afterEach, beforeEach } from "vitest";
import { emptiedDatabase } from "../support/database-of-file.ts";
import { type Night, type NightOptions, openNight } from "../support/night.ts";
import { putNotes, type TestNote, themedNotes } from "../support/notes.ts";

/** A Monday. */
export const TODAY = "2026-11-02";

export interface StackRow extends Record<string, unknown> {
  id: string;
  kind: string;
  title: string;
  reason: string;
  facts: unknown;
  cluster_id: string | null;
  retired_cause: string | null;
}

export const daysBefore = (days: number) =>
  new Date(Date.parse(`${TODAY}T18:00:00Z`) - days * 86_400_000).toISOString();

export const isBread = ({ id }: TestNote) => Number(id.slice(-5)) % 3 === 0;

/** Two themes all through five months, and bread, which began nine days ago. */
export function breadBegins(): TestNote[] {
  const old = themedNotes(60, { themes: 3 })
    .filter((note) => !isBread(note))
    .map((note, i) => ({ ...note, createdAt: daysBefore(150 - i * 3), updatedAt: daysBefore(150 - i * 3) }));
  const born = themedNotes(21, { themes: 3, prefix: "bread-" })
    .filter(isBread)
    .map((note, i) => ({ ...note, createdAt: daysBefore(9 - i), updatedAt: daysBefore(9 - i) }));
  return [...old, ...born];
}

/**
 * What a file of tests about stacks has in common: a database and a night, as new before each test, and a user of whose
 * notes bread is what is new. To be called once, at the top of the file.
 */
export function mornings({ wrap }: Pick<NightOptions, "wrap"> = {}) {
  const database = emptiedDatabase();
  let night: Night;
  beforeEach(async () => {
    await putNotes(database, "u", breadBegins());
    night = await openNight(database, {
      environment: { NOCTUARY_DIMENSIONS: "256" },
      ...(wrap === undefined ? {} : { wrap }),
    });
  });
  afterEach(() => night.close());

  const clusters = (date = TODAY) => night.run({}, `${date}T07:30:00Z`, "nightly-cluster");
  const stacks = (date = TODAY, options = {}) => night.run(options, `${date}T08:30:00Z`, "nightly-stacks");
  return {
    database,
    get night() {
      return night;
    },
    clusters,
    stacks,
    /** The clusters of a night, then its stacks. */
    async both(date = TODAY) {
      await clusters(date);
      return stacks(date);
    },
    /** Stacks that are shown, the most important first. */
    living: () =>
      database.query<StackRow>(
        "select * from noctuary.smart_stack where retired_at is null order by priority desc",
      ),
    /** Those that went as well. */
    all: () => database.query<StackRow>("select * from noctuary.smart_stack order by id"),
    say: (stackId: string, verdict: string) =>
      database.query(
        "insert into noctuary.stack_verdict (user_id, stack_id, verdict, at) values ('u', $1, $2, $3)",
        [stackId, verdict, `${TODAY}T12:30:00Z`],
      ),
  };
}
