import { addClause, type Behaviour, someTrue, unquoted, with_ } from "./behaviour.ts";
import { pick, trueSentence } from "./true-sentences.ts";

/** Links, markup, characters that cannot be seen, other languages, refusals: what no sentence of a week looks like. */
export const falseForms: Record<string, Behaviour> = {
  link: (random, { facts }) =>
    with_(trueSentence(random, facts), (sentence) => ({
      text: addClause(
        sentence,
        pick(random, [
          ", see https://evil.example/x",
          " (www.evil.example)",
          ", see evil.example",
          ", see [this](http://evil.example)",
          ", mailto:me@evil.example",
          ", ask help@evil.example",
          ", javascript:alert(1)",
        ]),
      ),
    })),
  markup: (random, { facts }) =>
    with_(trueSentence(random, facts), ({ text }) => ({
      text: pick(random, [
        `**${text}**`,
        `<b>${text}</b>.`,
        `# ${text}`,
        `- ${text} <script>alert(1)</script>.`,
        `${text} <img src=x>.`,
        `\`${text}\`.`,
        `| ${text} |.`,
        `_${text}_.`,
      ]),
    })),
  "unseen characters": (random, { facts }) => {
    const sentence = trueSentence(random, facts);
    if (sentence === null) return null;
    const { text } = sentence;
    const after = pick(random, [
      `${text.slice(0, 5)}\u200b${text.slice(5)}`,
      `\u202e${text}`,
      text.replace(/o/, "о"),
      text.replace(/e/, "е"),
      `${text.slice(0, -1)}\u0000.`,
    ]);
    // Within a quotation it is an altered one, and that is another behaviour.
    return text === after || unquoted(text) === unquoted(after) ? null : { ...sentence, text: after };
  },
  "cut off": (random, { facts }) =>
    with_(
      someTrue(random, facts, (text) => text.length > 30),
      ({ text }) => ({
        text: text.slice(0, Math.floor(text.length * (0.4 + random() * 0.5))).replace(/[.”"…?’']+$/, ""),
      }),
    ),
  refusal: (random, { facts }) =>
    with_(trueSentence(random, facts), () => ({
      text: pick(random, [
        "I'm sorry, but I can't help with that.",
        "As an AI language model, I cannot summarize these notes.",
        "No summary can be given.",
        "This content was withheld for safety.",
      ]),
    })),
  "another language": (random, { facts }) =>
    with_(trueSentence(random, facts), () => ({
      text: pick(random, [
        "Diese Woche hast du siebzehn Notizen geschrieben.",
        "Vous avez écrit vingt notes cette semaine.",
        "Esta semana escribiste cuarenta notas.",
        "Você escreveu trinta notas nesta semana.",
        "Questa settimana hai scritto venti note.",
        "今週はノートを七つ書きました。",
        "Deze week schreef je dertig notities.",
        "Na этой неделе вы написали сорок заметок.",
        "W tym tygodniu powstało pięćdziesiąt notatek.",
      ]),
    })),
};
