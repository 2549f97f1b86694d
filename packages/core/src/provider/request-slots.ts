export interface RequestSlots {
  /** Runs the work once a slot is free, in order of asking; rejects with the signal's reason if that comes first. */
  run<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T>;
}

/** Lets at most `count` pieces of work run at once, whoever asks. */
export function requestSlots(count: number): RequestSlots {
  let free = count;
  const waiting = new Set<() => void>();

  const freeSlot = async (signal: AbortSignal): Promise<void> => {
    signal.throwIfAborted();
    if (free > 0) {
      free--;
      return;
    }
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = () => {
      waiting.delete(resolve);
      reject(signal.reason);
    };
    waiting.add(resolve);
    signal.addEventListener("abort", abort, { once: true });
    await promise.finally(() => signal.removeEventListener("abort", abort));
  };

  return {
    async run(work, signal) {
      await freeSlot(signal);
      try {
        return await work();
      } finally {
        const [next] = waiting;
        if (next === undefined) free++;
        else {
          waiting.delete(next);
          next();
        }
      }
    },
  };
}
