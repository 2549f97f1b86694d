import * as z from "zod";

/** What a chat completion holds. `text` is what the model wrote, which may be of any shape. */
export type ReadAnswer = { tokens: { input: number; output: number } | undefined } & (
  | { text: string }
  | { problem: "llm_refused" | "llm_cut_off" }
);

/** Only what is read. Endpoints differ in the rest. */
const completion = z.object({
  choices: z
    .array(
      z.object({
        finish_reason: z.string().nullish(),
        message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
      }),
    )
    .min(1),
  usage: z.object({ prompt_tokens: z.number(), completion_tokens: z.number() }).nullish().catch(undefined),
});

/** Null for what is no chat completion. */
export function readAnswer(answer: unknown): ReadAnswer | null {
  const parsed = completion.safeParse(answer);
  if (!parsed.success) return null;
  const { usage, choices } = parsed.data;
  const { finish_reason: reason, message } = choices[0]!;
  const tokens = usage ? { input: usage.prompt_tokens, output: usage.completion_tokens } : undefined;
  if (message.refusal || reason === "content_filter") return { tokens, problem: "llm_refused" };
  if (reason === "length") return { tokens, problem: "llm_cut_off" };
  return { tokens, text: message.content ?? "" };
}

/**
 * The value in an answer; undefined where there is none of that shape. Models that were asked in words, and servers
 * that ignore the schema, put thoughts, fences or a sentence around their JSON.
 */
export function valueIn<T>(text: string, schema: z.ZodType<T>): T | undefined {
  const answer = text.replace(/^[\s\S]*<\/think>/, "");
  const json = answer.slice(answer.indexOf("{"), answer.lastIndexOf("}") + 1);
  try {
    const parsed = schema.safeParse(JSON.parse(json));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
