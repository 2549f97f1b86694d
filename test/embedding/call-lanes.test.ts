import { CallLanes } from "@noctuary/core/nightly-cluster/call-lanes";
import { expect, test } from "vitest";

const timeUp = new DOMException("time is up", "TimeoutError");
const saved: string[] = [];
const save = async (answer: string) => void saved.push(answer);

function lanesThat(hasComeForward: boolean): CallLanes {
  return new CallLanes(
    1,
    () => true,
    (error) => hasComeForward && error === timeUp,
  );
}

test("a call that the end of the time cuts off puts the rest off, where something was saved before it", async () => {
  const lanes = lanesThat(true);
  await lanes.begin(async () => "a vector", save);
  await lanes.begin(() => Promise.reject(timeUp), save);
  expect(await lanes.end()).toEqual({ delayMs: 0 });
  expect(saved).toEqual(["a vector"]);
});

test("a try in which nothing came forward has failed, and so has one with another error", async () => {
  const idle = lanesThat(false);
  await idle.begin(() => Promise.reject(timeUp), save);
  await expect(idle.end()).rejects.toBe(timeUp);
  const broken = lanesThat(true);
  const error = new Error("no such host");
  await broken.begin(() => Promise.reject(error), save);
  await expect(broken.end()).rejects.toBe(error);
});
