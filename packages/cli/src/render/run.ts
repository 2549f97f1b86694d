import type { Run } from "@noctuary/db/ledger/run";
import type { Terminal } from "../terminal.ts";
import { count, dollars, seconds } from "./words.ts";

/** What a run did and what it cost, in a few lines; one line where there was nothing to do. */
export function renderRunEnd(terminal: Terminal, run: Run, providerName: string): void {
  const { style } = terminal;
  const t = (name: string) => run.totals[name] ?? 0;
  const cost = `${count(t("requests"), "request")}, ${dollars(run.costUsd)}`;
  if (run.options.dryRun === true) {
    renderDryRun(terminal, run);
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
    `${t("embedded")} embedded by ${providerName}` +
      (t("reused") > 0 ? ` (${t("reused")} more had the same text)` : ""),
    cost,
  ];
  terminal.line(`${parts.join(" · ")} ${style("dim", `(${seconds(run.createdAt, run.finishedAt)})`)}`);
  renderTroubles(terminal, run);
}

function renderDryRun(terminal: Terminal, run: Run): void {
  const t = (name: string) => run.totals[name] ?? 0;
  terminal.line(`Dry run ${run.id.slice(0, 8)}: nothing was written and nobody called.`);
  terminal.line(
    `  notes       ${t("live")}: ${t("new")} new, ${t("changed")} changed, ${t("unchanged")} unchanged, ${t("excluded")} excluded`,
  );
  terminal.line(
    `  to embed    ${count(t("toEmbed"), "note")}, ${t("bytes").toLocaleString("en")} bytes of text`,
  );
  terminal.line(
    `  to purge    ${count(t("vanished") - t("withheld"), "note")}` +
      (t("withheld") > 0 ? `; ${t("withheld")} more held back` : ""),
  );
  terminal.line("  known only after embedding: which clusters change, and their names");
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
    terminal.line(style("red", `The run failed: ${run.error.class} ${run.error.code}.`));
  }
}
