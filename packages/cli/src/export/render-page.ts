import { fileStem } from "../vault/read-note-file.ts";
import type { ClusterPage, ClusterPageNote, IndexStack } from "./cluster-page.ts";
import { markPage } from "./page-file.ts";
import { foldName } from "./page-names.ts";

type LinkedNote = Pick<ClusterPageNote, "title" | "key">;

export const indexName = "Noctuary";

/** A cluster's page. `ambiguous` holds the folded names that several notes share. */
export function renderPage(page: ClusterPage, ambiguous: ReadonlySet<string>): string {
  const notes = page.notes.toSorted(byConfidence);
  const list = (isLoose: boolean) =>
    notes
      .filter((note) => note.isLoose === isLoose)
      .map((note) => {
        const remark = note.remark === undefined ? "" : ` · ${escaped(note.remark)}`;
        return `- ${noteLink(note, ambiguous)}${remark}`;
      });
  const facts = [page.area && `Area: ${escaped(page.area)}`, counted(page.size, "note")].filter(Boolean);
  const phrases = page.keyphrases.map(escaped).join(", ");
  const events = page.events.map(({ date, sentence }) => `- ${date}: ${escaped(sentence)}`);
  const body = [
    `# ${escaped(page.name)}`,
    facts.join(" · "),
    phrases && `Keyphrases: ${phrases}`,
    section("Notes", list(false)),
    section("Loosely related", list(true)),
    section(
      "Decided by you",
      (page.decided ?? []).map((line) => `- ${escaped(line)}`),
    ),
    section("Recent events", events),
  ];
  const area = page.area === undefined ? {} : { area: page.area };
  const mark = { kind: "cluster", clusterId: page.id, name: page.name } as const;
  return markPage(mark, { ...area, size: page.size }, blocks(body));
}

/** The page that leads to all the others, by area; `files` gives each cluster's file name. */
export function renderIndex(
  pages: ClusterPage[],
  files: ReadonlyMap<string, string>,
  {
    stacks,
    ambiguous,
    week,
  }: { stacks: readonly IndexStack[]; ambiguous: ReadonlySet<string>; week?: string },
): string {
  const byArea = Map.groupBy(pages, ({ area }) => area ?? "");
  const size = (group: ClusterPage[]) => group.reduce((sum, page) => sum + page.size, 0);
  const areas = [...byArea].toSorted(
    // What belongs to no area comes last.
    ([a, as], [b, bs]) => Number(a === "") - Number(b === "") || size(bs) - size(as) || compareText(a, b),
  );
  const sections = areas.map(([area, group]) => {
    const lines = group
      .toSorted((a, b) => b.size - a.size || compareText(a.name, b.name) || compareText(a.id, b.id))
      .map(
        (page) => `- ${wikiLink(fileStem(files.get(page.id)!), page.name)} · ${counted(page.size, "note")}`,
      );
    return section(area === "" ? "Other clusters" : escaped(area), lines);
  });
  const summary = `${counted(pages.length, "cluster")} of ${counted(size(pages), "note")}`;
  const body = blocks([
    `# ${indexName}`,
    summary,
    ...stackSections(stacks, ambiguous),
    ...weekSection(week),
    ...sections,
  ]);
  return markPage({ kind: "index", clusterId: "", name: indexName }, { clusters: pages.length }, body);
}

/** The told week, its headings a level down: the page has one of its own. */
function weekSection(week: string | undefined): string[] {
  return week === undefined ? [] : [week.replace(/^#/gm, "##").trim()];
}

function stackSections(stacks: readonly IndexStack[], ambiguous: ReadonlySet<string>): string[] {
  if (stacks.length === 0) return [];
  const told = stacks.map(({ title, reason, notes }) => {
    const links = notes.map((note) => `- ${noteLink(note, ambiguous)}`).join("\n");
    return `### ${escaped(title)}\n\n${escaped(reason)}\n\n${links}`;
  });
  return ["## Worth opening", ...told];
}

/** The folded names that wiki links to the notes go by. */
export function noteNames(pages: ClusterPage[]): { all: Set<string>; ambiguous: Set<string> } {
  const keyByName = new Map<string, string>();
  const ambiguous = new Set<string>();
  for (const note of pages.flatMap(({ notes }) => notes)) {
    const name = foldName(linkName(note));
    const known = keyByName.get(name);
    if (known !== undefined && known !== note.key) ambiguous.add(name);
    keyByName.set(name, note.key);
  }
  return { all: new Set(keyByName.keys()), ambiguous };
}

function noteLink(note: LinkedNote, ambiguous: ReadonlySet<string>): string {
  const name = linkName(note);
  const title = note.title.trim() === "" ? name : note.title;
  if (!ambiguous.has(foldName(name)) && !/[[\]|#^\\]/.test(name)) return wikiLink(name, title);
  // Only the path tells notes of one name apart; Obsidian reads it from the vault's root.
  const path = isFile(note) ? note.key : name;
  return `[${escaped(title)}](<${path.replace(/[<>\\%\n]/g, encodeURIComponent)}>)`;
}

/** A file is linked by its name, as Obsidian does; a line of a JSONL file has no name but its title. */
function linkName(note: LinkedNote): string {
  return isFile(note) ? fileStem(note.key) : oneLine(note.title) || note.key;
}

function isFile(note: LinkedNote): boolean {
  return /\.(?:md|markdown)$/i.test(note.key);
}

function wikiLink(name: string, title: string): string {
  const shown = oneLine(title)
    .replace(/[[\]|]/g, " ")
    .replace(/\s+/g, " ")
    .trim();
  return shown === "" || shown === name ? `[[${name}]]` : `[[${name}|${shown}]]`;
}

function section(title: string, lines: string[]): string {
  return lines.length === 0 ? "" : `## ${title}\n\n${lines.join("\n")}`;
}

function blocks(parts: (string | undefined)[]): string {
  return `${parts.filter(Boolean).join("\n\n")}\n`;
}

function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;
}

function byConfidence(a: ClusterPageNote, b: ClusterPageNote): number {
  return b.confidence - a.confidence || compareText(a.title, b.title) || compareText(a.key, b.key);
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}

/** Names and phrases are words: what they hold of Markdown is shown, and a # makes no tag. */
function escaped(text: string): string {
  return oneLine(text)
    .replace(/[\\`*_[\]<>]/g, "\\$&")
    .replace(/(^|\s)#/g, "$1\\#");
}
