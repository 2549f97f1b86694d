import { fileStem } from "../vault/read-note-file.ts";
import type { ClusterPage, IndexStack } from "./cluster-page.ts";
import type { PageMark } from "./page-file.ts";
import { claimStem, foldName, isStemFor, pageStem } from "./page-names.ts";
import { indexName, noteNames, renderIndex, renderPage } from "./render-page.ts";

/** A page of ours as it lies in the folder. */
export interface OwnPage extends PageMark {
  file: string;
  text: string;
}

export interface PlannedPage {
  file: string;
  text: string;
  /** The page that it takes the place of, perhaps under another name. */
  current?: OwnPage;
}

export interface PagePlan {
  /** One for each cluster and one for the index; where `current` was changed by somebody, its name is kept. */
  pages: PlannedPage[];
  /** Untouched pages of clusters that are no more. */
  remove: OwnPage[];
  /** Pages that somebody made their own: changed or renamed ones of clusters that are no more, and copies. */
  leave: OwnPage[];
}

/**
 * Which page goes into which file. `own` are the pages of ours in the folder, `others` the names of all other files.
 * Pure; no two pages get names that some file system takes for one, and none gets the name of another file.
 */
export function planPages(
  own: OwnPage[],
  others: string[],
  clusters: ClusterPage[],
  stacks: readonly IndexStack[] = [],
  /** The told week as Markdown. */
  week?: string,
): PagePlan {
  const names = noteNames(clusters);
  const ordered = clusters.toSorted((a, b) => (a.id < b.id ? -1 : 1));
  const wishedStems = new Map([
    ["", pageStem(indexName)],
    ...ordered.map(({ id, name }) => [id, pageStem(name)] as const),
  ]);
  const { current, remove, leave } = sortPages(own, wishedStems);

  const files = new Map<string, string>();
  const markdown = others.filter((file) => /\.md$/i.test(file));
  const taken = new Set(
    [...markdown, ...leave.map(({ file }) => file)].map((file) => foldName(fileStem(file))),
  );
  for (const [id, page] of current) {
    if (!keepsName(page, wishedStems.get(id)!, names.all)) continue;
    files.set(id, page.file);
    taken.add(foldName(fileStem(page.file)));
  }
  for (const [id, wished] of wishedStems) {
    if (!files.has(id)) files.set(id, `${claimStem(wished, taken, names.all)}.md`);
  }

  const planned = (id: string, text: string): PlannedPage => {
    const page = current.get(id);
    return { file: files.get(id)!, text, ...(page !== undefined && { current: page }) };
  };
  const pages = ordered.map((cluster) => planned(cluster.id, renderPage(cluster, names.ambiguous)));
  return {
    pages: [
      ...pages,
      planned(
        "",
        renderIndex(ordered, files, {
          stacks,
          ambiguous: names.ambiguous,
          ...(week === undefined ? {} : { week }),
        }),
      ),
    ],
    remove,
    leave,
  };
}

function sortPages(own: OwnPage[], wishedStems: ReadonlyMap<string, string>) {
  const current = new Map<string, OwnPage>();
  const remove: OwnPage[] = [];
  const leave: OwnPage[] = [];
  for (const [id, pages] of Map.groupBy(own, ({ clusterId }) => clusterId)) {
    // Of a page and somebody's copy of it, the page is the one that bears the name we gave it.
    const page = pages.find(bearsOurName) ?? pages[0]!;
    leave.push(...pages.filter((copy) => copy !== page));
    if (wishedStems.has(id)) current.set(id, page);
    else if (page.isUntouched && bearsOurName(page)) remove.push(page);
    else leave.push(page);
  }
  return { current, remove, leave };
}

function keepsName(page: OwnPage, wished: string, notes: ReadonlySet<string>): boolean {
  if (!page.isUntouched || !bearsOurName(page)) return true;
  const stem = fileStem(page.file);
  return stem.startsWith(wished) && isStemFor(stem, wished) && !notes.has(foldName(stem));
}

function bearsOurName(page: OwnPage): boolean {
  return isStemFor(fileStem(page.file), pageStem(page.name));
}
