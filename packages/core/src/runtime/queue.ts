import { createHash } from "node:crypto";
import * as z from "zod";

/** A pointer, nothing more: what is to be done stands in the ledger. */
export const taskMessage = z.object({ v: z.literal(1), taskId: z.string().min(1).max(200) });
export type TaskMessage = z.infer<typeof taskMessage>;

export interface OutgoingMessage {
  /** The name of the queue it goes to. */
  queue: string;
  body: TaskMessage;
  /** Messages of one group share the queue fairly with those of others. A hash: ids of users may hold anything. */
  group: string;
  delaySeconds: number;
}

export interface Queue {
  /** Sends up to a few hundred messages. Returns for each whether it was accepted; a part may be. */
  send(messages: readonly OutgoingMessage[]): Promise<boolean[]>;
}

export function groupOf(userId: string | null): string {
  return createHash("sha256")
    .update(userId ?? "")
    .digest("hex")
    .slice(0, 32);
}
