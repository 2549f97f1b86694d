import type { Insight } from "./insight.ts";
import { footnotes } from "./render-markdown.ts";
import { weekTitle } from "./week-title.ts";

/**
 * A told week as one HTML file that a mail may consist of: tables for the frame and styles on each element, as mail
 * programs want it; no script, no link, no image, nothing that is fetched.
 */
export function renderHtml(insight: Insight): string {
  const [headline, ...others] = insight.sections.filter(({ sentences }) => sentences.length > 0);
  const title = escaped(weekTitle(insight));
  const rows = [
    cell(
      title,
      "h1",
      "font-size:15px;font-weight:normal;letter-spacing:.02em;color:#6b6256",
      "32px 36px 4px",
    ),
    ...(headline === undefined
      ? []
      : [
          cell(
            textOf(headline.sentences),
            "p",
            "font-size:22px;line-height:1.4;color:#2a2520",
            "4px 36px 12px",
          ),
        ]),
    ...others.flatMap((section) => [
      cell(
        escaped(section.title),
        "h2",
        "font-size:13px;font-weight:bold;letter-spacing:.06em;text-transform:uppercase;color:#8a5a2b",
        "20px 36px 2px",
      ),
      ...section.sentences.map(({ text }) =>
        cell(escaped(text), "p", "font-size:16px;line-height:1.6;color:#2a2520", "4px 36px"),
      ),
    ]),
    ...footnotes(insight).map((line) =>
      cell(escaped(line), "p", "font-size:12px;line-height:1.5;color:#6b6256", "20px 36px 0"),
    ),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light">
<meta name="format-detection" content="telephone=no, date=no, address=no, email=no, url=no">
<title>${title}</title>
</head>
<body style="margin:0;padding:0;background:#f3efe8">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:#f3efe8">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px;background:#fffdf9;border:1px solid #e4dccf;border-radius:6px;font-family:Georgia,'Times New Roman',serif">
${rows.join("\n")}
<tr><td style="padding:0 0 32px"></td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`;
}

function cell(html: string, tag: "h1" | "h2" | "p", style: string, padding: string): string {
  return `<tr><td style="padding:${padding}"><${tag} style="margin:0;${style}">${html}</${tag}></td></tr>`;
}

function textOf(sentences: readonly { text: string }[]): string {
  return sentences.map(({ text }) => escaped(text)).join(" ");
}

const special: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
/** Mail programs make links of what looks like an address: a title must not become one. */
const addressMark = /(?<=[\p{L}\p{N}])[.@](?=[\p{L}\p{N}])|:\/\//gu;

function escaped(text: string): string {
  return text
    .replace(/[&<>"']/g, (character) => special[character]!)
    .replace(addressMark, (mark) => `<span>${mark}</span>`);
}
