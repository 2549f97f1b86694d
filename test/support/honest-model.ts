import { type ChatReply, type ChatRequest, materialOf } from "./chat-server.ts";

interface Material {
  facts: { id: string; value: number | string; unit: string; label?: string; notes: string[] }[];
  notes: { id: string; title?: string; excerpt?: string }[];
}

export function sectionOf({ response_format: format }: ChatRequest): string {
  return format!.json_schema!.name.replace("insight_", "").replace("_", "-");
}

/** A model that says one true sentence of the first count that it is given. */
export function honest(request: ChatRequest): ChatReply {
  const { facts } = materialOf(request) as Material;
  const fact =
    facts.find(
      ({ unit, label, value, notes }) =>
        unit === "notes" && label === undefined && Number(value) > 0 && notes.length > 0,
    ) ?? facts.find(({ unit, value, notes }) => unit === "notes" && Number(value) > 0 && notes.length > 0);
  const other = facts.find(({ notes }) => notes.length > 0);
  const sentences =
    fact !== undefined
      ? [
          {
            text:
              fact.label === undefined
                ? `This week holds ${fact.value} notes.`
                : `${fact.label} took ${fact.value} notes.`,
            factIds: [fact.id],
            noteIds: fact.notes.slice(0, 1),
          },
        ]
      : other === undefined
        ? []
        : [{ text: `“${other.value}” stands there.`, factIds: [other.id], noteIds: other.notes.slice(0, 1) }];
  return { content: { sentences } };
}
