import type { ShownStack } from "../morning-stacks.ts";
import type { Overview, OverviewArea, OverviewChange, OverviewTopic } from "../overview.ts";
import { fit, type Terminal } from "../terminal.ts";
import { joinFitting } from "./join-fitting.ts";
import { sentenceFor } from "./sentences.ts";
import { renderStacks } from "./stacks.ts";
import { count, dateLine } from "./words.ts";

/** With more topics than these the page shows the largest of each area, and what is new. */
const TOPICS_OF_A_PAGE = 60;
const LARGEST = 5;

/**
 * This morning's page: stacks, areas, the topics under them with telling notes of each, and what the night changed.
 *
 * @param options.everyTopic however many there are
 */
export function renderOverview(
  terminal: Terminal,
  overview: Overview,
  { stacks = [], everyTopic = false }: { stacks?: readonly ShownStack[]; everyTopic?: boolean } = {},
): void {
  const { style } = terminal;
  const { notes, areas } = overview;
  if (areas.length === 0) {
    terminal.line("No clusters yet. Run `noctuary run nightly-cluster` after `noctuary sync PATH`.");
    return;
  }
  const topics = areas.reduce((sum, area) => sum + area.topics.length, 0);
  const date = overview.asOf === null ? "" : `${dateLine(overview.asOf)} · `;
  terminal.line(
    `${style("bold", `${date}${count(notes.notes - notes.excluded, "note")}`)} in ${count(topics, "topic")}, ${count(areas.length, "area")}` +
      (notes.excluded > 0 ? style("dim", ` · ${notes.excluded} kept out (ai: false)`) : ""),
  );
  if (stacks.length > 0) terminal.line();
  renderStacks(terminal, stacks);
  const [together, alone] = [
    areas.filter(({ topics }) => topics.length > 1),
    areas.filter(({ topics }) => topics.length === 1),
  ];
  const largest = everyTopic || topics <= TOPICS_OF_A_PAGE ? topics : LARGEST;
  for (const area of together) renderArea(terminal, area, largest);
  const single = alone.flatMap(({ topics }) => topics);
  if (single.length > 0)
    renderArea(
      terminal,
      {
        name: together.length === 0 ? "Topics" : "Topics on their own",
        size: single.reduce((sum, topic) => sum + topic.size, 0),
        topics: single,
      },
      largest,
    );
  if (largest < topics) {
    terminal.line();
    terminal.line(
      style("dim", "`noctuary clusters` lists every topic, `noctuary clusters NAME` one, or an area."),
    );
  }
  renderChanges(terminal, overview);
}

function renderArea(
  { line, style, width }: Terminal,
  { name, size, topics }: Pick<OverviewArea, "name" | "size" | "topics">,
  largest: number,
): void {
  const shown = fit(name, width - 12);
  line();
  line(padded(style(["bold", "cyan"], shown), shown, String(size), width, style));
  const told = topics.filter((topic, place) => place < largest || topic.isNew);
  for (const topic of told) renderTopic({ line, style, width }, topic);
  const others = topics.length - told.length;
  if (others > 0) line(style("dim", `${INDENT}and ${count(others, "smaller topic")}`));
}

const INDENT = "  ";

function renderTopic(
  { line, style, width }: Pick<Terminal, "line" | "style" | "width">,
  topic: OverviewTopic,
): void {
  const mark = topic.isNew ? " new" : topic.newNotes > 0 ? ` +${topic.newNotes}` : "";
  const name = fit(topic.name, width - 18);
  const plain = `${INDENT}${name}${mark}`;
  line(
    padded(`${INDENT}${style("bold", name)}${style("green", mark)}`, plain, String(topic.size), width, style),
  );
  const titles = joinFitting(topic.notes, width - 2 * INDENT.length);
  if (titles !== "") line(style("dim", `${INDENT}${INDENT}${titles}`));
}

/** A line with a number at its right edge, led to by dots. */
function padded(
  coloured: string,
  plain: string,
  right: string,
  width: number,
  style: Terminal["style"],
): string {
  const dots = Math.max(2, width - [...plain].length - right.length - 2);
  return `${coloured} ${style("dim", "·".repeat(dots))} ${right}`;
}

const CHANGES_SHOWN = 12;
const ORDER: OverviewChange["kind"][] = [
  "born",
  "split",
  "merged",
  "retired",
  "returned",
  "grown",
  "shrunk",
  "renamed",
  "edit",
];

function renderChanges(terminal: Terminal, { changes, moved, previousNight }: Overview): void {
  if (previousNight === null) return;
  const { style } = terminal;
  terminal.line();
  if (changes.length === 0 && moved === 0) {
    terminal.line(style("dim", `Nothing has changed places since ${dateLine(previousNight)}.`));
    return;
  }
  terminal.line(style("bold", `Since ${dateLine(previousNight)}`));
  const told = worthTelling(changes);
  for (const change of told.slice(0, CHANGES_SHOWN)) terminal.line(`${INDENT}${sentenceFor(change)}`);
  if (told.length > CHANGES_SHOWN) {
    terminal.line(style("dim", `${INDENT}and ${count(told.length - CHANGES_SHOWN, "more change")}`));
  }
  terminal.line(`${INDENT}${moved === 0 ? "no note" : count(moved, "note")} moved from one topic to another`);
}

/** The weightier first; that a cluster which grew or split also has another name goes without saying. */
function worthTelling(changes: OverviewChange[]): OverviewChange[] {
  const otherwiseTold = new Set(
    changes.filter(({ kind }) => kind !== "renamed").map(({ clusterId }) => clusterId),
  );
  return changes
    .filter(({ kind, clusterId }) => kind !== "renamed" || !otherwiseTold.has(clusterId))
    .toSorted(
      (a, b) =>
        ORDER.indexOf(a.kind) - ORDER.indexOf(b.kind) ||
        Math.abs(b.notesAfter - b.notesBefore) - Math.abs(a.notesAfter - a.notesBefore) ||
        a.name.localeCompare(b.name, "en"),
    );
}
