export interface RequestLimits {
  readonly maxInputs: number;
  readonly maxTokens: number;
}

/** How many requests are looked at for room, and how much room is worth a look: 1/256 of a request stays empty at most. */
const MAX_OPEN = 32;
const ROOM_WORTH_A_LOOK = 1 / 256;

/**
 * Packs inputs, given by their tokens, into requests: each input goes into the first request that has room for it
 * (first fit), so the order is kept within a request. No input is dropped: one above `maxTokens` is a request of its own.
 *
 * @returns the positions of the inputs in each request
 */
export function packInputs(tokens: ArrayLike<number>, { maxInputs, maxTokens }: RequestLimits): number[][] {
  const requests: number[][] = [];
  const open: { inputs: number[]; room: number }[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const needed = tokens[i]!;
    let at = open.findIndex(({ room }) => needed <= room);
    if (at === -1) {
      const inputs: number[] = [];
      requests.push(inputs);
      if (open.length === MAX_OPEN) open.shift();
      at = open.push({ inputs, room: maxTokens }) - 1;
    }
    const request = open[at]!;
    request.inputs.push(i);
    request.room -= needed;
    if (request.inputs.length >= maxInputs || request.room < maxTokens * ROOM_WORTH_A_LOOK) {
      open.splice(at, 1);
    }
  }
  return requests;
}
