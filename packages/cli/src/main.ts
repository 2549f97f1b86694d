import { recordable } from "@noctuary/core/errors";
import { SettingsError } from "@noctuary/core/settings";
import { SchemaError } from "@noctuary/db/migrate";
import { Command, CommanderError } from "commander";
import { CommandError, EXIT, UsageError } from "./exit.ts";
import { ExportError } from "./export/export-clusters.ts";
import type { GlobalOptions } from "./session.ts";
import { openTerminal, type Terminal } from "./terminal.ts";
import { SourceError } from "./vault/source-note.ts";

type Action = (terminal: Terminal, options: never) => Promise<number>;

/** Runs one command and returns its exit code: 0 done, 1 failed, 2 wrong usage, 3 done in part. */
export async function main(args: string[]): Promise<number> {
  let exitCode: number = EXIT.done;
  const act = async (command: Command, action: Action) => {
    const options = command.optsWithGlobals<GlobalOptions>();
    exitCode = await withErrors(options, (terminal) => action(terminal, options as never));
  };
  try {
    await program(act).parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.done : EXIT.usage; // commander has printed what is wrong
  }
  return exitCode;
}

/** Commands are loaded when they are called: most start without the database's and the handlers' code. */
function program(act: (command: Command, action: Action) => Promise<void>): Command {
  const root = new Command("noctuary")
    .description(
      "Groups your notes overnight into clusters that keep their identity. Without a command: this morning's page.",
    )
    .option("--home <dir>", "where data, settings and logs are (default: ~/.noctuary, or NOCTUARY_HOME)")
    .option("--user <id>", "whose notes, where there are several users")
    .option("--json", "print the result as JSON")
    .exitOverride()
    .showHelpAfterError("(noctuary --help lists the commands)");
  root.allowExcessArguments().action((_, command: Command) =>
    act(command, async (terminal, options) => {
      const [word] = command.args;
      if (word !== undefined)
        throw new UsageError(`there is no command ${word}: \`noctuary --help\` lists them`);
      return (await import("./commands/morning-page.ts")).morningPage(options, terminal);
    }),
  );
  const verb = (words: string, description: string) => root.command(words).description(description);

  verb("demo [path]", "show what a night makes of a folder of notes, or of the sample notebook").action(
    (path: string | undefined, _, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/demo.ts")).demo(path, options, terminal),
      ),
  );
  verb("sync <path>", "read a folder of Markdown notes or a .jsonl file").action(
    (path: string, _, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/sync.ts")).sync(path, options, terminal),
      ),
  );
  verb("attach [table]", "let the jobs read the notes of an app from its own table")
    .option("--query <file>", "a file with a query in place of a table, where notes lie in several")
    .option("--check", "look at what the jobs would see, and change nothing")
    .option("--replace", "even though notes were synced into Noctuary's own table")
    .option("--format <format>", "what bodies are: plain, html, or json of an editor (default: plain)")
    .option("--time-zone <name>", "of timestamps without one (default: UTC)")
    .option("--id-column <name>", "which column is the id; for each of these the usual names are tried")
    .option("--user-column <name>", "whose note it is")
    .option("--title-column <name>", "its title, or none")
    .option("--body-column <name>", "its text")
    .option("--tags-column <name>", "its tags, or none")
    .option("--created-column <name>", "when it was written, or none")
    .option("--updated-column <name>", "when it was last changed")
    .option("--deleted-column <name>", "that it is deleted: a moment or a boolean, or none")
    .option("--excluded-column <name>", "that the jobs leave it alone: a boolean, or none")
    .action((table: string | undefined, _, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/attach.ts")).attach(table, options, terminal),
      ),
    );
  verb("detach", "let the jobs read Noctuary's own table again").action((_, command: Command) =>
    act(command, async (terminal, options) =>
      (await import("./commands/attach.ts")).detach(options, terminal),
    ),
  );
  verb("adopt <column>", "take over the vectors that the attached table has, in place of embedding again")
    .option("--model <name>", "the model that made them: the one that the nights embed with")
    .option("--made-column <name>", "when each was made; one that is older than its note is left")
    .option(
      "--query <file>",
      "a query that gives id, user_id and the column, where vectors lie in another table",
    )
    .action((column: string, _, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/adopt.ts")).adopt(column, options, terminal),
      ),
    );
  verb("compare", "what an older system has made beside what Noctuary has, night by night")
    .option("--old <file>", "what it has made, as JSON (docs/moving.md)")
    .option("--old-clusters <file>", "a query over its tables in place of that: user_id, id, name, note_id")
    .option("--old-stacks <file>", "the same for its stacks")
    .option("--old-insights <file>", "the same for its weeks; the id is the week's last day")
    .option("--old-runs <file>", "a query over its list of runs: night, seconds, cost_usd")
    .option("--gate <agreement>", "fail unless each of the last nights agrees so well (adjusted Rand index)")
    .option("--nights <n>", "how many nights, with --gate (default: 3)")
    .action((_, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/compare.ts")).compare(options, terminal),
      ),
    );
  verb("run <job>", "run a job now: nightly-cluster, nightly-stacks or weekly-insights")
    .option("--dry-run", "count what would be done; call nobody, write nothing but the report")
    .option("--full", "embed every note again")
    .option("--as-of <date>", "the date or moment that the run is for (default: now)")
    .option("--embedder <name>", "lexical (on this machine) or openai (any OpenAI-compatible API)")
    .option("--llm <name>", "none (plain names) or openai (any OpenAI-compatible API)")
    .option("--yes", "send notes to the provider without asking")
    .option("--week <date>", "weekly-insights: the week that ends on this date (default: the last one)")
    .option("--replace", "weekly-insights: write a week anew that was told already")
    .option("--accept-deletions", "purge notes even though many vanished at once")
    .option(
      "--trial",
      "nightly-cluster: with another embedding model, beside the one in use (docs/moving.md)",
    )
    .action((job: string, _, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/run.ts")).run(job, options, terminal),
      ),
    );
  verb(
    "model [verb]",
    "how the embedding model that is tried agrees with the one in use; keep what the nights work with, or drop it",
  )
    .option("--gate <agreement>", "fail unless each of the last nights agrees so well (adjusted Rand index)")
    .option("--nights <n>", "how many nights, with --gate (default: 3)")
    .action((word: string | undefined, _, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/model.ts")).model(word, options, terminal),
      ),
    );
  verb("stacks [id] [verb]", "notes worth opening and why; or one stack, to look at, dismiss or keep").action(
    (id: string | undefined, word: string | undefined, _, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/stacks.ts")).stacks(id, word, options, terminal),
      ),
  );
  verb("insights", "what your week was about, in sentences that point at notes")
    .option("--week <date>", "the week that a day lies in (default: the newest)")
    .option("--md", "as Markdown")
    .option("--html", "as one HTML file that a mail may consist of")
    .action((_, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/insights.ts")).insights(options, terminal),
      ),
    );
  verb(
    "clusters [id] [verb] [words...]",
    "areas and topics, or one of them; rename NAME, pin, merge OTHER, split NOTE..., forget, edits, undo [EDIT]",
  )
    .option("--history", "the life of one cluster, night by night")
    .action((id: string | undefined, what: string | undefined, words: string[], _, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/clusters.ts")).clusters(id, what, words, options, terminal),
      ),
    );
  verb(
    "notes [note] [verb] [words...]",
    "notes and where they stand; one note by id, path or title; related, move CLUSTER, not-here [CLUSTER]",
  )
    .option("--limit <n>", "how many to list (default: 50)")
    .option("--failed", "only notes that could not be embedded")
    .action((note: string | undefined, what: string | undefined, words: string[], _, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/notes.ts")).notes(note, what, words, options, terminal),
      ),
    );
  verb(
    "runs [id] [verb]",
    "the latest runs; or one of them, to look at, redrive, cancel, or list its failures",
  )
    .option("--code <code>", "redrive: only the tasks that failed with this code")
    .option("--yes", "redrive: send notes to the provider without asking")
    .action((id: string | undefined, word: string | undefined, _, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/runs.ts")).runs(id, word, options, terminal),
      ),
    );
  verb("usage", "what providers were asked and paid, by user, day and model")
    .option("--since <date>", "the first day to show (default: 30 days ago)")
    .action((_, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/usage.ts")).usage(options, terminal),
      ),
    );
  verb("export <dir>", "write one Markdown page a cluster").action((dir: string, _, command: Command) =>
    act(command, async (terminal, options) =>
      (await import("./commands/export.ts")).exportClusters(dir, options, terminal),
    ),
  );
  verb("serve", "answer the API (/api/cron/*) and keep the schedule on this machine, until it is stopped")
    .option("--host <address>", "where to listen (default: 127.0.0.1)")
    .option("--port <n>", "on which port (default: 8420; 0: any free one)")
    .option("--tls-cert <file>", "PEM certificate, with --tls-key; needed for any address but loopback")
    .option("--tls-key <file>", "its PEM key")
    .option("--trusted-proxy", "a proxy in front ends TLS and sets X-Forwarded-For and X-Forwarded-Proto")
    .option("--allow <range...>", "addresses or CIDR ranges that may call (default: all)")
    .option("--requests-per-minute <n>", "requests of one address (default: 60)")
    .option("--no-schedule", "start runs only when they are called for")
    .action((_, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/serve.ts")).serve(options, terminal),
      ),
    );
  verb("forget [note...]", "remove at once what was derived from some notes; with --user alone, a whole user")
    .option("--requested", "what apps have asked to be forgotten, which the next night does by itself")
    .action((notes: string[], _, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/forget.ts")).forget(notes, options, terminal),
      ),
    );
  verb("uninstall", "say what Noctuary has in the database and the home; with --yes, drop all of it")
    .option("--yes", "drop it for good")
    .action((_, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/uninstall.ts")).uninstall(options, terminal),
      ),
    );
  verb("doctor", "check settings, database, roles and that every note is accounted for").action(
    (_, command: Command) =>
      act(command, async (terminal, options) =>
        (await import("./commands/doctor.ts")).doctor(options, terminal),
      ),
  );
  verb("migrate", "bring the database schema up to this version").action((_, command: Command) =>
    act(command, async (terminal, options) =>
      (await import("./commands/migrate.ts")).migrate(options, terminal),
    ),
  );
  return root;
}

async function withErrors(
  options: GlobalOptions,
  action: (terminal: Terminal) => Promise<number>,
): Promise<number> {
  const terminal = openTerminal({ isJson: options.json === true });
  try {
    return await action(terminal);
  } catch (error) {
    const { message, exitCode } = explain(error);
    if (terminal.isJson) terminal.json({ error: { message, exitCode } });
    terminal.warn(`noctuary: ${message}`);
    return exitCode;
  }
}

/** Errors made for people are shown as they are. Of any other only class and code: its message may hold note text. */
function explain(error: unknown): { message: string; exitCode: number } {
  if (error instanceof CommandError) return { message: error.message, exitCode: error.exitCode };
  if (error instanceof SettingsError || error instanceof RangeError)
    return { message: error.message, exitCode: EXIT.usage };
  if (error instanceof SourceError || error instanceof ExportError)
    return { message: error.message, exitCode: EXIT.usage };
  if (error instanceof SchemaError) return { message: error.message, exitCode: EXIT.failed };
  const { class: errorClass, code } = recordable(error);
  const remedy = REMEDIES[code] ?? "`noctuary doctor` checks the surroundings; nothing stored was lost";
  return { message: `${errorClass} ${code}: ${remedy}`, exitCode: EXIT.failed };
}

const REMEDIES: Record<string, string> = {
  ECONNREFUSED: "the database does not answer: is it running, and is DATABASE_URL right?",
  ENOTFOUND: "the database's host is not known: is DATABASE_URL right?",
  ETIMEDOUT: "the database does not answer in time: is it running, and is DATABASE_URL right?",
  ECONNRESET: "the database ended the connection: is it running, and is DATABASE_URL right?",
  EHOSTUNREACH: "there is no way to the database's host: is the network up, and is DATABASE_URL right?",
  SELF_SIGNED_CERT_IN_CHAIN:
    "the database's certificate is not known: put its authority's PEM into DATABASE_CA",
  DEPTH_ZERO_SELF_SIGNED_CERT:
    "the database's certificate is not known: put its authority's PEM into DATABASE_CA",
  "53300": "the database has no connection left: set DATABASE_CONNECTIONS lower, or end other programs",
  "57P03": "the database is starting up or shutting down: try again in a moment",
  ENOSPC: "the disk is full: free some space and run it again; nothing stored was lost",
  "28P01": "the database refuses the password: is DATABASE_URL right?",
  "28000": "the database refuses this login: is DATABASE_URL right?",
  "3D000": "there is no such database: is DATABASE_URL right?",
  "42501": "the database role may not do this: `noctuary doctor` says what it lacks",
  pgvector_missing:
    "pgvector is not installed in this database: `create extension vector` as a role that may",
};
