import { fit } from "../terminal.ts";

const SEPARATOR = " · ";

/** Titles side by side on one line; where they do not fit, the long ones are cut and the short ones stay whole. */
export function joinFitting(titles: string[], columns: number): string {
  let room = columns - SEPARATOR.length * (titles.length - 1);
  const cut = new Map<string, string>();
  const shortestFirst = titles.toSorted((a, b) => [...a].length - [...b].length);
  for (const [i, title] of shortestFirst.entries()) {
    const shown = fit(title, Math.floor(room / (titles.length - i)));
    cut.set(title, shown);
    room -= [...shown].length;
  }
  return titles.map((title) => cut.get(title)!).join(SEPARATOR);
}
