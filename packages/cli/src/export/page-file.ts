import { parse, stringify } from "yaml";
import { splitFrontMatter } from "../vault/front-matter.ts";
import { sha256 } from "../vault/source-note.ts";

/** What marks a page as ours. `sync` passes over both kinds. */
export type PageKind = "cluster" | "index";

export interface PageMark {
  kind: PageKind;
  /** The cluster's id; "" for the index. */
  clusterId: string;
  /** What the page was about when it was written; the file was named after it. */
  name: string;
  /** Nobody changed the page since we wrote it. */
  isUntouched: boolean;
}

const hashLine = /^noctuary_hash: [0-9a-f]{64}\n/m;

/** A page with front matter that says whose it is, and a hash of all the rest. */
export function markPage(
  { kind, clusterId, name }: Omit<PageMark, "isUntouched">,
  fields: Record<string, unknown>,
  body: string,
): string {
  const cluster = kind === "cluster" ? { cluster: clusterId } : {};
  const yaml = stringify({ noctuary: kind, ...cluster, name, ...fields }, { lineWidth: 0 });
  const page = `---\n${yaml}---\n\n${body}`;
  return page.replace(/\n---\n/, `\nnoctuary_hash: ${sha256(page)}\n---\n`);
}

/** What a page says of itself; undefined when it is not ours. Line ends may have been changed on the way (git). */
export function readPageMark(text: string): PageMark | undefined {
  const page = text.replace(/^\ufeff/, "").replace(/\r\n?/g, "\n");
  const block = splitFrontMatter(page);
  if (block === undefined || !/^noctuary:/m.test(block.yaml)) return undefined;
  let fields: unknown;
  try {
    fields = parse(block.yaml, { logLevel: "silent" });
  } catch {
    return undefined;
  }
  if (typeof fields !== "object" || fields === null) return undefined;
  const { noctuary: kind, cluster, name, noctuary_hash: hash } = { ...fields } as Record<string, unknown>;
  if (kind !== "cluster" && kind !== "index") return undefined;
  if (kind === "cluster" && typeof cluster !== "string") return undefined;
  return {
    kind,
    clusterId: kind === "cluster" ? String(cluster) : "",
    name: typeof name === "string" ? name : "",
    isUntouched: hash === sha256(page.replace(hashLine, "")),
  };
}
