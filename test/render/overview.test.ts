import type { Overview, OverviewArea } from "@noctuary/cli/overview";
import { renderOverview } from "@noctuary/cli/render/overview";
import { openTerminal, type Terminal } from "@noctuary/cli/terminal";
import { expect, test } from "vitest";

const area = (name: string, topics: number, newFrom = topics): OverviewArea => ({
  id: name,
  name,
  size: topics * 10,
  topics: Array.from({ length: topics }, (_, i) => ({
    id: `${name}-${i}`,
    name: `${name} topic ${i}`,
    size: 10,
    newNotes: 0,
    isNew: i >= newFrom,
    keyphrases: [],
    notes: [],
  })),
});

function page(areas: OverviewArea[], options?: Parameters<typeof renderOverview>[2]): string {
  const lines: string[] = [];
  const terminal: Terminal = {
    ...openTerminal({ isJson: false }),
    width: 90,
    style: (_, text) => text,
    line: (text = "") => void lines.push(text),
  };
  const overview: Overview = {
    userId: "u",
    runId: null,
    previousNight: null,
    asOf: new Date("2026-10-25T06:00:00Z"),
    notes: { notes: 700, embedded: 700, excluded: 0, failed: 0, pending: 0 },
    areas,
    changes: [],
    moved: 0,
  };
  renderOverview(terminal, overview, options);
  return lines.join("\n");
}

test("sixty topics are all on the page", () => {
  const shown = page([area("Bread", 30), area("Moths", 30)]);
  expect(shown.match(/topic \d+/g)).toHaveLength(60);
  expect(shown).not.toContain("smaller topics");
});

test("of more, each area shows its largest five and those that are new, and says how many others there are", () => {
  const areas = [
    area("Bread", 40),
    area("Moths", 20, 19),
    ...Array.from({ length: 7 }, (_, i) => area(`Alone ${i}`, 1)),
  ];
  const shown = page(areas);
  expect(shown).toContain("67 topics");
  expect(shown.match(/Bread topic \d+/g)).toHaveLength(5);
  expect(shown).toContain("and 35 smaller topics");
  expect(shown.match(/Moths topic \d+/g)).toHaveLength(6);
  expect(shown).toContain("Moths topic 19 new");
  expect(shown).toContain("and 14 smaller topics");
  expect(shown.match(/Alone \d/g)).toHaveLength(5);
  expect(shown).toContain("`noctuary clusters` lists every topic");
  expect(page(areas, { everyTopic: true }).match(/topic \d+/g)).toHaveLength(67);
});
