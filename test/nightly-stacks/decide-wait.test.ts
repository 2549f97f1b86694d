import { decideWait } from "@noctuary/core/runtime/wait-for-clusters";
import { expect, test } from "vitest";

const scheduled = { isScheduled: true, mayWaitMs: 1_000 };
const byHand = { isScheduled: false, mayWaitMs: 1_000 };
const night = (
  userStatus: "open" | "done" | "failed" | null,
  { isOpen = true, waitedMs = 400 }: { isOpen?: boolean; waitedMs?: number } = {},
) => ({ waitedMs, runs: [{ id: "run", isOpen, userStatus }] });

test("clusters of tonight are used as soon as they are there, also while their run still works on others", () => {
  expect(decideWait(night("done"), scheduled)).toBe("tonight");
  expect(decideWait(night("done", { isOpen: false, waitedMs: 9_000 }), byHand)).toBe("tonight");
});

test.each([null, "open" as const])(
  "a user who is %s in an open run is waited for, until the deadline",
  (status) => {
    expect(decideWait(night(status), scheduled)).toEqual({ leftMs: 600 });
    expect(decideWait(night(status), byHand)).toEqual({ leftMs: 600 });
    expect(decideWait(night(status, { waitedMs: 1_000 }), scheduled)).toBe("earlier");
  },
);

test("a night that has not begun is waited for by a scheduled run alone", () => {
  expect(decideWait({ waitedMs: 0, runs: [] }, scheduled)).toEqual({ leftMs: 1_000 });
  expect(decideWait({ waitedMs: 1_001, runs: [] }, scheduled)).toBe("earlier");
  expect(decideWait({ waitedMs: 0, runs: [] }, byHand)).toBe("earlier");
});

test("nobody waits for a night that failed for the user, or that ended without them", () => {
  expect(decideWait(night("failed"), scheduled)).toBe("earlier");
  expect(decideWait(night("failed", { isOpen: false }), scheduled)).toBe("earlier");
  expect(decideWait(night(null, { isOpen: false }), scheduled)).toBe("earlier");
});

test("of several runs in one night the one that came through counts", () => {
  const runs = [...night("failed", { isOpen: false }).runs, ...night("done").runs];
  expect(decideWait({ waitedMs: 0, runs }, scheduled)).toBe("tonight");
});
