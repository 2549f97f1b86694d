import type { EmbedderSettings } from "@noctuary/core/embedding/embedder-for";
import { costUsd, estimatedTokens } from "@noctuary/core/provider/prices";
import { type ProviderProblem, providerProblems } from "@noctuary/core/provider/provider-errors";
import type { Run } from "@noctuary/db/ledger/run";
import type { Terminal } from "../terminal.ts";
import { sayCode } from "./codes.ts";
import { count, dollars, seconds } from "./words.ts";

/** What a run did and what it cost, in a few lines; one line where there was nothing to do. */
export function renderRunEnd(terminal: Terminal, run: Run, settings: EmbedderSettings): void {
  if (run.job !== "nightly-cluster") {
    renderJobEnd(terminal, run);
    return;
  }
  const { style } = terminal;
  const t = (name: string) => run.totals[name] ?? 0;
  const cost = `${count(t("requests"), "request")}, ${dollars(run.costUsd)}`;
  if (run.options.dryRun === true) {
    renderDryRun(terminal, run, settings);
    return;
  }
  if (run.options.trial === true) {
    renderTrialEnd(terminal, run, cost);
    return;
  }
  if (t("new") + t("changed") + t("reused") + t("embedded") + t("purged") === 0 && run.status === "done") {
    terminal.line(
      `Nothing new in ${count(t("live"), "note")}: ${cost}, ${count(t("moved"), "note")} moved. ` +
        style("dim", `(${seconds(run.createdAt, run.finishedAt)})`),
    );
    return;
  }
  const parts = [
    `${count(t("new"), "new note")}, ${t("changed")} changed, ${t("unchanged")} unchanged`,
    `${t("embedded")} embedded by ${embedderName(settings)}` +
      (t("reused") > 0 ? ` (${t("reused")} more had the same text)` : ""),
    cost,
  ];
  terminal.line(`${parts.join(" · ")} ${style("dim", `(${seconds(run.createdAt, run.finishedAt)})`)}`);
  renderTroubles(terminal, run);
}

/** A night with another model: what would become of the clusters that stand. */
function renderTrialEnd(terminal: Terminal, run: Run, cost: string): void {
  const t = (name: string) => run.totals[name] ?? 0;
  const parts = [
    `Tried on ${count(t("live"), "note")}: ${t("embedded") + t("reused")} embedded`,
    `topics ${t("theirClusters")} -> ${t("ourClusters")}, ${t("idsKept")} keep their ids, ${t("idsLost")} would be retired`,
    cost,
  ];
  terminal.line(
    `${parts.join(" · ")} ${terminal.style("dim", `(${seconds(run.createdAt, run.finishedAt)})`)}`,
  );
  terminal.line("Nothing that anybody sees has changed. `noctuary model` tells how well the two agree.");
  renderTroubles(terminal, run);
}

/** A job that works on each user's clusters. */
function renderJobEnd(terminal: Terminal, run: Run): void {
  if (run.job === "weekly-insights") {
    renderInsightsEnd(terminal, run);
    return;
  }
  const { users = 0, earlierClusters = 0, stacks = 0, importedNotes = 0, failedDetectors = 0 } = run.totals;
  const earlier =
    earlierClusters > 0 ? ` · ${count(earlierClusters, "user")} by an earlier night's clusters` : "";
  const time = terminal.style("dim", `(${seconds(run.createdAt, run.finishedAt)})`);
  terminal.line(`${count(stacks, "stack")} for ${count(users, "user")}${earlier} ${time}`);
  if (importedNotes > 0) {
    terminal.line(`${count(importedNotes, "note")} came in at once: an import, which counts as no activity.`);
  }
  if (failedDetectors > 0) {
    terminal.line(
      terminal.style("yellow", `${count(failedDetectors, "detector")} failed; the next night looks again.`),
    );
  }
  renderTroubles(terminal, run);
}

function renderInsightsEnd(terminal: Terminal, run: Run): void {
  const t = (name: string) => run.totals[name] ?? 0;
  const { line, style } = terminal;
  const time = style("dim", `(${seconds(run.createdAt, run.finishedAt)})`);
  if (run.options.dryRun === true) {
    const most = t("unpricedRequests") > 0 ? null : t("maxCostUsd");
    line(`Dry run ${run.id.slice(0, 8)}: nothing was written but this report, and nobody was called.`);
    line(`  to write    ${count(t("sections"), "section")} from ${count(t("facts"), "fact")}`);
    line(
      `  at most     ${count(t("questions"), "question")}, ${count(t("maxTokens"), "token")}, ${dollars(most)}`,
    );
    return;
  }
  const parts = [
    `${run.job}: ${count(t("insights"), "week")} told`,
    ...(t("kept") > 0 ? [`${t("kept")} told before (--replace writes them anew)`] : []),
    ...(t("sectionsMissing") > 0
      ? [`${count(t("sectionsMissing"), "section")} still in plain words; run it again`]
      : []),
    ...(t("questions") > 0
      ? [
          `${t("sentencesKept")} of ${count(t("sentencesKept") + t("sentencesDropped"), "sentence")} held`,
          `${count(t("questions"), "question")}, ${dollars(run.costUsd)}`,
        ]
      : []),
    ...(t("unknownTimeZone") > 0
      ? [`${count(t("unknownTimeZone"), "user")} with an unknown time zone: New York's was used`]
      : []),
  ];
  line(`${parts.join(" · ")} ${time}`);
  renderTroubles(terminal, run);
}

/** Counts are exact, tokens and dollars are bounds: no token is shorter than a byte. */
function renderDryRun(terminal: Terminal, run: Run, settings: EmbedderSettings): void {
  const t = (name: string) => run.totals[name] ?? 0;
  const { line } = terminal;
  line(`Dry run ${run.id.slice(0, 8)}: nothing was written but this report, and nobody was called.`);
  line(
    `  notes       ${t("live")}: ${t("new")} new, ${t("changed")} changed, ${t("unchanged")} unchanged, ${t("excluded")} excluded`,
  );
  line(
    `  to embed    ${count(t("toEmbed"), "note")}, ${count(t("inputs"), "different text")} not embedded before`,
  );
  if (settings.embedder !== "lexical") {
    const bytes = t("bytes");
    const { embeddingModel: model, usdPerMillionTokens: price } = settings;
    const cost = (tokens: number) =>
      dollars(price === undefined ? costUsd(model, tokens) : (tokens * price) / 1e6);
    line(
      `  tokens      at most ${bytes.toLocaleString("en")} (${cost(bytes)}), probably about ${estimatedTokens(bytes).toLocaleString("en")} (${cost(estimatedTokens(bytes))})`,
    );
    line(`  sent to     ${embedderName(settings)}`);
  }
  const { budgetLeftUsd } = run.totals;
  if (budgetLeftUsd !== undefined)
    line(`  budget      ${dollars(budgetLeftUsd)} left this month for all users together`);
  if (t("usersOverBudget") > 0) {
    line(
      `  over it     perhaps ${count(t("usersOverBudget"), "user")}: what cannot be paid for waits, and nothing fails`,
    );
  }
  if (t("unpricedNotes") > 0) {
    line(
      terminal.style(
        "yellow",
        `  NOT SENT    ${count(t("unpricedNotes"), "text")}: there is a budget in dollars, and nobody knows the price of ${settings.embeddingModel}. Set usdPerMillionTokens (0 where it costs nothing).`,
      ),
    );
  }
  if (run.totals.namesToAsk !== undefined) {
    const price = dollars(run.totals.llmCostUsd ?? null);
    line(
      `  names       at most ${count(t("namesToAsk"), "cluster")} to ask a language model about: at most ${t("llmTokens").toLocaleString("en")} tokens (${price})`,
    );
  }
  const withheld = t("withheld") > 0 ? `; ${t("withheld")} more held back` : "";
  line(`  to purge    ${count(t("vanished") - t("withheld"), "note")}${withheld}`);
  line("  known only after embedding: which clusters change, and their names");
}

/** Who embeds, as a person would say it. */
function embedderName({ embedder, embeddingModel, openaiBaseUrl }: EmbedderSettings): string {
  return embedder === "lexical" ? embedder : `${embeddingModel} at ${new URL(openaiBaseUrl).host}`;
}

/** What went wrong, with what to do about it. */
export function renderTroubles(terminal: Terminal, run: Run): void {
  const t = (name: string) => run.totals[name] ?? 0;
  const { style } = terminal;
  if (t("failedNotes") > 0) {
    terminal.line(
      style(
        "yellow",
        `${count(t("failedNotes"), "note")} could not be embedded: \`noctuary notes --failed\` lists them.`,
      ),
    );
  }
  if (t("waitForBudget") > 0) {
    terminal.line(
      style(
        "yellow",
        `${count(t("waitForBudget"), "note")} wait for a budget: \`noctuary doctor\` says which and what to set.`,
      ),
    );
  }
  if (t("withheld") > 0) {
    terminal.line(
      style(
        "yellow",
        `${count(t("withheld"), "note")} vanished at once, so nothing of theirs was removed. If they were meant to go: ` +
          "`noctuary run nightly-cluster --accept-deletions`. Otherwise it waits seven nights.",
      ),
    );
  }
  if (t("failedTasks") > 0) {
    terminal.line(
      style(
        "yellow",
        `${count(t("failedTasks"), "task")} failed: \`noctuary runs ${run.id.slice(0, 8)}\` says why.`,
      ),
    );
  }
  if (run.error !== null) {
    const told = providerProblems[run.error.code as ProviderProblem];
    const said = sayCode(run.error.code);
    const what = said === run.error.code ? `${run.error.class} ${run.error.code}` : said;
    terminal.line(
      style("red", `${run.status === "failed" ? "The run failed" : "The run stopped embedding"}: ${what}.`),
    );
    if (told !== undefined)
      terminal.line("What was stored before is safe and clustered; run it again when that is mended.");
  }
}
