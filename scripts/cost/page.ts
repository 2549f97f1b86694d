import { PRICES_AS_OF as MODEL_PRICES_AS_OF } from "@noctuary/core/provider/prices";
import { type CostLine, costsAtRest } from "./at-rest.ts";
import { ASSUMPTIONS, costsOfNotes, NOTES } from "./per-notes.ts";
import { PRICES_AS_OF, REGION } from "./prices.ts";

/** docs/costs.md, whole. */
export function costPage(): string {
  const external = costsAtRest({ database: { kind: "external" } });
  const rds = costsAtRest({ database: { kind: "rds" } });
  const a = ASSUMPTIONS;
  return `# What it costs

Made by \`npm run costs -- --write\` (scripts/cost-table.ts) from the lists that the stack is made of; a test holds this page against them. Dollars, list prices of ${REGION} as AWS published them in ${PRICES_AS_OF}, without free tiers; models as of ${MODEL_PRICES_AS_OF}. Check them against your own account.

## At rest, a month

Nobody writes a note; the jobs are on, the reconciler makes its rounds. A stage whose jobs are off, as \`dev\` is, has fewer alarms and hardly any metrics.

${sideBySide(external, rds)}

**External**: your Postgres (Supabase, Neon, RDS of your own), reached without a VPC. **RDS**: made by the stack, one zone and one NAT gateway by default. \`multiAz\` doubles the instance and its storage, a second NAT gateway costs as much as the first.

What makes the most of it can be left out or made smaller: the reconciler's rounds by day (\`reconciler.otherwiseEveryHours\`), and alarms that you have elsewhere (\`stacks/alarm-list.ts\`).

## ${NOTES.toLocaleString("en")} notes

Of one person, ${a.tokensANote} tokens each. Without a provider (\`lexical\` vectors, plain names) the lines that name a model are zero.

${table(costsOfNotes())}

An unchanged note is never sent again. Behind a NAT gateway each gigabyte to a provider costs $0.045 more; ${NOTES.toLocaleString("en")} notes are about 12 MB.
`;
}

function sideBySide(external: CostLine[], rds: CostLine[]): string {
  const rows = rds.map((one) => {
    const other = external.find(({ what }) => what === one.what);
    const same = other !== undefined && other.amount === one.amount;
    const amount = other === undefined || same ? one.amount : `${other.amount}; ${one.amount}`;
    return [one.what, amount, other === undefined ? "" : dollars(other.usd), dollars(one.usd)];
  });
  const sum = (lines: CostLine[]) => dollars(lines.reduce((all, { usd }) => all + usd, 0));
  return markdown(
    ["", "How much", "External", "RDS"],
    [...rows, ["**Sum**", "", `**${sum(external)}**`, `**${sum(rds)}**`]],
  );
}

function table(lines: CostLine[]): string {
  return markdown(
    ["", "How much", "Dollars"],
    lines.map(({ what, amount, usd }) => [what, amount, dollars(usd)]),
  );
}

function markdown(head: string[], rows: string[][]): string {
  const row = (cells: string[]) => `| ${cells.join(" | ")} |`;
  return [row(head), `|${"---|".repeat(head.length)}`, ...rows.map(row)].join("\n");
}

/** Two places, or as many as the first that is not zero needs. */
function dollars(usd: number): string {
  return usd === 0 || usd >= 0.01 ? `$${usd.toFixed(2)}` : `$${usd.toPrecision(1)}`;
}
