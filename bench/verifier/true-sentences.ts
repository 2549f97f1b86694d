import type { Fact } from "@noctuary/core/weekly-insights/fact";
import { roundedToTwoDigits } from "@noctuary/core/weekly-insights/rounding";
import type { Sentence } from "@noctuary/core/weekly-insights/section";
import { isPlainName } from "@noctuary/core/weekly-insights/template/words";

export type Random = () => number;
export const pick = <T>(random: Random, values: readonly T[]): T =>
  values[Math.floor(random() * values.length)]!;

const ONES =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const TENS = "  twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

/** A figure as different models write it: digits, with or without a comma, or words. */
export function said(random: Random, value: number): string {
  if (value < 20 && random() < 0.6) return ONES[value]!;
  if (value < 100 && value >= 20 && random() < 0.4)
    return value % 10 === 0 ? TENS[value / 10]! : `${TENS[Math.floor(value / 10)]}-${ONES[value % 10]}`;
  return random() < 0.5 ? String(value) : value.toLocaleString("en");
}

const plural = (value: number, unit: string) => (value === 1 ? unit.replace(/s$/, "") : unit);
const named = (name: string) => (isPlainName(name) ? name : `“${name}”`);
const capital = (text: string) => text[0]!.toUpperCase() + text.slice(1);
const quote = (random: Random, text: string) => pick(random, [`“${text}”`, `"${text}"`]);

const JOINED_SHARE = 0.15;

/** A true sentence, now and then one that joins two; null where the facts offer none. */
export function trueSentence(random: Random, facts: ReadonlyMap<string, Fact>): Sentence | null {
  const one = simpleSentence(random, facts);
  if (random() >= JOINED_SHARE) return one;
  const other = simpleSentence(random, facts);
  if (one === null || other === null || one.text === other.text) return one;
  const joint = pick(random, ["; ", ", and ", ", while "]);
  // A name keeps its capital; other words lose theirs.
  const second =
    /^(?:You|The|There|A|Of|Across|In|After|About|Among|This|It|[\w-]+ (?:notes?|to-dos?|percent)) /.test(
      other.text,
    )
      ? other.text[0]!.toLowerCase() + other.text.slice(1)
      : other.text;
  return {
    text: `${one.text.replace(/[.]$/, "")}${joint}${second}`,
    factIds: [...new Set([...one.factIds, ...other.factIds])],
    noteIds: [...new Set([...one.noteIds, ...other.noteIds])],
  };
}

/** A true sentence about one or two facts, in one of many wordings. */
export function simpleSentence(random: Random, facts: ReadonlyMap<string, Fact>): Sentence | null {
  const has = (id: string) => facts.has(id);
  const number = (id: string) => Number(facts.get(id)!.value);
  const text = (id: string) => String(facts.get(id)!.value);
  const n = (id: string, unit = facts.get(id)!.unit as string) =>
    `${said(random, number(id))} ${plural(number(id), unit)}`;
  const make = (words: string, factIds: string[]): Sentence => {
    const noteIds = [...new Set(factIds.flatMap((id) => facts.get(id)!.noteIds))].slice(
      0,
      1 + Math.floor(random() * 4),
    );
    return { text: capital(words), factIds, noteIds };
  };
  const options: (() => Sentence)[] = [];
  const add = (needs: string[], ...wordings: (() => string)[]) => {
    if (needs.every(has)) options.push(() => make(pick(random, wordings)(), needs));
  };
  if (has("notes") && number("notes") > 0) {
    add(
      ["notes", "days"],
      () => `you wrote ${n("notes")} on ${n("days")}.`,
      () => `${n("notes")} came in over ${n("days").replace(/^over/, "")}.`.replace("over ", "on "),
      () => `this week holds ${n("notes")}, written on ${n("days")}.`,
      () => `across ${n("days")} you wrote ${n("notes")}.`,
    );
    add(
      ["words"],
      () => `the notes ran to ${n("words")}.`,
      () => `about ${said(random, roundedToTwoDigits(number("words")))} words were written in all.`,
      () => `in all, you wrote ${n("words")}.`,
    );
    add(
      ["notes", "words"],
      () => `${n("notes")} with ${n("words")} between them.`.replace(" between them", " in all"),
      () =>
        `you filled ${n("notes")} with roughly ${said(random, roundedToTwoDigits(number("words")))} words.`,
    );
    if (has("notes.usual")) {
      const says = facts.get("notes")!.says;
      const usual = () => said(random, number("notes.usual"));
      if (says.includes("up"))
        add(
          ["notes", "notes.usual"],
          () => `${n("notes")} this week, more than the usual ${usual()}.`,
          () => `you wrote ${n("notes")}, up from a usual ${usual()}.`,
          () => `it was a busier week: ${n("notes")} against a usual ${usual()}.`,
        );
      if (says.includes("down"))
        add(
          ["notes", "notes.usual"],
          () => `${n("notes")} this week, fewer than the usual ${usual()}.`,
          () => `a quieter week: ${n("notes")}, down from a usual ${usual()}.`,
        );
      if (says.includes("steady"))
        add(
          ["notes"],
          () => `${n("notes")}, about as usual.`,
          () => `you kept a steady pace with ${n("notes")}.`,
        );
    }
    add(
      ["themes", "notes"],
      () => `${n("notes")} touched ${n("themes")}.`,
      () => `the week was spread across ${n("themes")}, with ${n("notes")} in all.`,
    );
  }
  for (const id of facts.keys()) {
    const group = /^(theme-\d+)\.notes$/.exec(id)?.[1];
    if (group === undefined) continue;
    const fact = facts.get(id)!;
    const name = named(fact.label!);
    const titles = [...facts.keys()].filter((key) => key.startsWith(`${group}.title-`));
    if (number(id) > 0) {
      add(
        [id],
        () => `${name} took ${n(id)} this week.`,
        () => `${n(id)} went to ${name}.`,
        () => `there were ${n(id)} on ${name}.`,
        () => `${name} has ${n(id)}.`,
      );
      add(
        ["notes", id],
        () => `of ${n("notes")}, ${said(random, number(id))} went to ${name}.`,
        () => `${name} took ${said(random, number(id))} of the ${n("notes")}.`,
      );
      for (const title of titles)
        add(
          [title, id],
          () => `${name} includes ${quote(random, text(title))}.`,
          () => `among the ${n(id)} on ${name} is ${quote(random, text(title))}.`,
        );
    }
    if (fact.says.includes("new"))
      add(
        [id],
        () => `${name} is new this week, with ${n(id)}.`,
        () => `a new theme began: ${name}, with ${n(id)}.`,
      );
    if (fact.says.includes("most"))
      add(
        [id],
        () => `${name} led the week with ${n(id)}.`,
        () => `the largest theme was ${name}, with ${n(id)}.`,
      );
    if (fact.says.includes("up") && has(`${group}.usual`))
      add(
        [id, `${group}.usual`],
        () => `${name} grew to ${n(id)}, up from a usual ${said(random, number(`${group}.usual`))}.`,
        () => `${name} picked up: ${n(id)} against a usual ${said(random, number(`${group}.usual`))}.`,
      );
    if (fact.says.includes("down") && has(`${group}.before`) && number(id) === 0)
      add(
        [id, `${group}.before`],
        () => `${name} went quiet after ${n(`${group}.before`)}.`,
        () => `${name} faded, after ${n(`${group}.before`)} in the weeks before.`,
      );
    if (fact.says.includes("back") && has(`${group}.away`))
      add(
        [id, `${group}.away`],
        () => `${name} came back after ${n(`${group}.away`)}, with ${n(id)}.`,
        () => `after ${n(`${group}.away`)}, ${name} returned.`,
      );
    if (fact.says.includes("steady"))
      add(
        [id],
        () => `${name} kept its pace.`,
        () => `${name} held steady with ${n(id)}.`,
      );
    add(
      [`${group}.share`],
      () => `${number(`${group}.share`)} % of the notes went to ${name}.`,
      () => `${name} accounts for ${number(`${group}.share`)}% of the week.`,
      () => `${number(`${group}.share`)} percent of the week's notes belong to ${name}.`,
    );
  }
  for (const id of facts.keys()) {
    if (!/^note-\d+$/.test(id)) continue;
    const title = () => quote(random, text(id));
    if (has(`${id}.words`) && facts.get(id)!.says.includes("longest"))
      add(
        [id, `${id}.words`],
        () => `${title()} was the longest, with ${n(`${id}.words`)}.`,
        () => `the longest note, ${title()}, ran to ${n(`${id}.words`)}.`,
      );
    if (has(`${id}.links`))
      add(
        [id, `${id}.links`],
        () => `${title()} is linked from ${n(`${id}.links`)}.`,
        () => `${n(`${id}.links`)} link to ${title()}.`,
      );
    if (facts.get(id)!.says.includes("back"))
      add(
        [id],
        () => `you went back to ${title()}.`,
        () => `you returned to ${title()}.`,
      );
  }
  for (const [id, what] of [
    ["open", "still open"],
    ["closed", "ticked off"],
  ] as const) {
    if (!has(id)) continue;
    const one = number(id) === 1;
    add(
      [id],
      () => `${n(id)} ${one ? "is" : "are"} ${what}.`,
      () => `${n(id)} ${one ? "was" : "were"} ${id === "open" ? "left open" : "closed"}.`,
    );
    if (has(`${id}-1`))
      add(
        [id, `${id}-1`],
        () => `${n(id)} ${one ? "is" : "are"} ${what}, among them ${quote(random, text(`${id}-1`))}.`,
      );
  }
  if (has("asked-1"))
    add(["asked-1"], () => `${quote(random, facts.get("asked-1")!.label!)} ends on an open question.`);
  if (has("echo.old"))
    add(
      ["echo.old", "echo.note", "echo.age"],
      () =>
        `${quote(random, text("echo.note"))} echoes ${quote(random, text("echo.old"))}, written ${said(random, number("echo.age"))} ${plural(number("echo.age"), facts.get("echo.age")!.unit)} before.`,
      () => `${quote(random, text("echo.note"))} recalls ${quote(random, text("echo.old"))}.`,
    );
  const [from, to] = ["connection.from", "connection.to"].map((id) => has(id) && named(text(id)));
  add(
    ["connection", "connection.from", "connection.to"],
    () => `${quote(random, text("connection"))} ties ${from} to ${to}.`,
    () => `${quote(random, text("connection"))} connects ${from} with ${to}.`,
    () => `${quote(random, text("connection"))} is a bridge from ${from} to ${to}.`,
  );
  add(
    ["connection", "connection.target"],
    () => `${quote(random, text("connection"))} links to ${quote(random, text("connection.target"))}.`,
  );
  return options.length === 0 ? null : pick(random, options)();
}
