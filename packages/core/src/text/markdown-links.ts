import { withoutCode } from "./markdown-code.ts";

/** `[text](target)` and `[text](<target with spaces> "title")`; the text may hold brackets of its own, one level deep. */
const link =
  /\[(?:[^[\]\n]|\[[^[\]\n]*\]){0,500}\]\(\s*(?:<([^<>\n]{1,1000})>|([^\s()<>]{1,1000}))(?:\s+["'(][^\n]{0,500}?["')])?\s*\)/g;
const scheme = /^[a-z][a-z0-9+.-]*:|^\/\//i;

/**
 * The files that a body links to by Markdown links, as they are written, decoded and without anchors: relative to the
 * note's own folder, or from the vault's root where they begin with a slash. Each once, in order; no addresses of the web.
 */
export function markdownLinks(body: string): string[] {
  const found = new Set<string>();
  for (const [, bracketed, plain] of withoutCode(body).matchAll(link)) {
    const target = decoded((bracketed ?? plain)!.split("#", 1)[0]!).trim();
    if (target !== "" && !scheme.test(target)) found.add(target.normalize("NFC"));
  }
  return [...found];
}

function decoded(target: string): string {
  try {
    return decodeURIComponent(target);
  } catch {
    return target; // a lone % is a character of the name
  }
}
