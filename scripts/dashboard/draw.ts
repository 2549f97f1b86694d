import type { DashboardBody, Widget } from "../../stacks/dashboard/widgets.ts";

/** Pixels of one column and one row of CloudWatch's grid of 24 columns. */
const COLUMN = 60;
const ROW = 40;
const GAP = 4;
const LINE = 15;
const COLORS = [
  "#1f77b4",
  "#ff7f0e",
  "#2ca02c",
  "#d62728",
  "#9467bd",
  "#8c564b",
  "#e377c2",
  "#7f7f7f",
  "#bcbd22",
  "#17becf",
];

/** A picture of where each widget stands, how it is shown and what it shows. No data: the curves are made up. */
export function drawDashboard({ widgets }: DashboardBody): string {
  const height = Math.max(...widgets.map(({ y, height }) => y + height)) * ROW;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${24 * COLUMN}" height="${height}" font-family="Helvetica, Arial, sans-serif">`,
    `<rect width="100%" height="100%" fill="#f2f3f3"/>`,
    ...widgets.map(drawWidget),
    "</svg>\n",
  ].join("\n");
}

function drawWidget(widget: Widget): string {
  const box = {
    x: widget.x * COLUMN + GAP,
    y: widget.y * ROW + GAP,
    width: widget.width * COLUMN - 2 * GAP,
    height: widget.height * ROW - 2 * GAP,
  };
  const frame = `<rect width="${box.width}" height="${box.height}" rx="4" fill="white" stroke="#d5dbdb"/>`;
  return `<g transform="translate(${box.x} ${box.y})">${frame}${contentOf(widget, box)}</g>`;
}

type Box = { width: number; height: number };

function contentOf({ type, properties }: Widget, box: Box): string {
  const title = (text: unknown) => words(text, { x: 10, y: 20, size: 13, weight: "bold" });
  if (type === "text") {
    const [heading = "", ...text] = String(properties.markdown).split("\n");
    return (
      words(heading.replace(/^#+ /, ""), { x: 10, y: 26, size: 18, weight: "bold" }) +
      words(text.join(" "), { x: 10, y: 50, size: 12 })
    );
  }
  if (type === "alarm") return title(properties.title) + alarms(properties.alarms as string[], box);
  if (type === "log") {
    return (
      title(properties.title) +
      words(String(properties.query).split(" | ").slice(-3).join(" | "), { x: 10, y: 44, size: 11 })
    );
  }
  const labels = (properties.metrics as unknown[][]).map(labelOf);
  const view = String(properties.view);
  if (view === "singleValue") return title(properties.title) + singleValues(labels, box);
  const limit = (properties.annotations as { horizontal?: { value: number }[] } | undefined)?.horizontal?.[0]
    ?.value;
  const legend = legendOf(labels, box);
  const plot = { width: box.width, height: box.height - legend.height };
  return title(properties.title) + curves(labels.length, plot, view === "bar", limit) + legend.svg;
}

/** A square an alarm, as CloudWatch draws them. */
function alarms(arns: string[], { width }: Box): string {
  const across = 6;
  const cell = (width - 20) / across;
  return arns
    .map((arn, i) => {
      const x = 10 + (i % across) * cell;
      const y = 30 + Math.floor(i / across) * 17;
      const name = arn.split(":alarm:")[1]!.replace(/^\w+-noctuary-/, "");
      return `<rect x="${x}" y="${y}" width="10" height="10" fill="#1d8102"/>${words(name, { x: x + 14, y: y + 9, size: 10 })}`;
    })
    .join("");
}

function singleValues(labels: string[], { width }: Box): string {
  return labels
    .map((label, i) => {
      const x = 10 + (i * (width - 20)) / labels.length;
      return words("0", { x, y: 80, size: 26 }) + words(label, { x, y: 104, size: 10 });
    })
    .join("");
}

function curves(count: number, { width, height }: Box, areBars: boolean, limit: number | undefined): string {
  const [left, right, top, bottom] = [10, width - 10, 34, height - 8];
  const steps = 7;
  const at = (i: number, line: number) =>
    Math.round(
      bottom -
        (bottom - top) * (0.15 + 0.6 * ((line + 1) / (count + 1)) + 0.08 * Math.sin(i * 1.3 + line * 2)),
    );
  const step = (right - left) / steps;
  const shown = Array.from({ length: Math.min(count, COLORS.length) }, (_, line) => {
    const color = COLORS[line % COLORS.length]!;
    if (areBars) {
      const bar = step / (count + 1);
      const paths = Array.from({ length: steps }, (_, i) => {
        const x = Math.round(left + i * step + line * bar);
        return `M${x} ${bottom}V${at(i, line)}h${Math.max(1, Math.round(bar))}V${bottom}`;
      });
      return `<path d="${paths.join("")}" fill="${color}"/>`;
    }
    const points = Array.from(
      { length: steps + 1 },
      (_, i) => `${Math.round(left + i * step)},${at(i, line)}`,
    ).join(" ");
    return `<polyline points="${points}" fill="none" stroke="${color}"/>`;
  });
  const limitLine =
    limit === undefined
      ? ""
      : `<line x1="${left}" x2="${right}" y1="${top + 6}" y2="${top + 6}" stroke="#d13212" stroke-dasharray="4 3"/>${words(`alarm: ${limit}`, { x: right - 70, y: top + 2, size: 10 })}`;
  const axis = `<line x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}" stroke="#aab7b8"/>`;
  return axis + shown.join("") + limitLine;
}

function legendOf(labels: string[], { width, height }: Box): { svg: string; height: number } {
  const lines: string[][] = [[]];
  let room = width - 20;
  for (const label of labels) {
    const needed = label.length * 5.6 + 24;
    if (needed > room && lines.at(-1)!.length > 0) {
      lines.push([]);
      room = width - 20;
    }
    lines.at(-1)!.push(label);
    room -= needed;
  }
  const legendHeight = lines.length * LINE + 4;
  let number = 0;
  const svg = lines
    .map((line, i) => {
      let x = 10;
      const y = height - legendHeight + i * LINE + 12;
      return line
        .map((label) => {
          const color = COLORS[number++ % COLORS.length]!;
          const entry = `<rect x="${x}" y="${y - 8}" width="8" height="8" fill="${color}"/>${words(label, { x: x + 12, y, size: 10 })}`;
          x += label.length * 5.6 + 24;
          return entry;
        })
        .join("");
    })
    .join("");
  return { svg, height: legendHeight };
}

function labelOf(metric: unknown[]): string {
  const last = metric.at(-1) as { label?: string; expression?: string };
  return last.expression ?? last.label ?? String(metric[1]);
}

function words(
  text: unknown,
  { x, y, size, weight = "normal" }: { x: number; y: number; size: number; weight?: string },
): string {
  const escaped = String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;");
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="#16191f">${escaped}</text>`;
}
