import { checkedTitle } from "@noctuary/core/smart-stacks/check-title";
import { expect, test } from "vitest";

const material = [
  "Bow & cello",
  "bow hold",
  "7 notes on 6 days since 17 October 2026, and only 1 older one.",
  "New: Bow & cello",
];

test.each([
  ["The cello is new: 7 notes", "The cello is new: 7 notes"],
  ["Back to the bow hold.", "Back to the bow hold"],
  ["Seven... no, a new cello theme".replace("Seven... no, ", ""), "a new cello theme"],
])("%j says nothing that is not given", (title, shown) => {
  expect(checkedTitle(title, material)).toBe(shown);
});

test.each([
  "Eight notes about the cello",
  "8 notes about the cello",
  "Cello lessons with Mrs. Abernathy",
  "Cello in Lisbon",
  "You love the cello",
  "Cello",
  "",
  "Cello [new](https://example.org)",
  "The *cello*",
  "The cello\nis new",
  "the cello again and again ".repeat(6),
  "https://cello.example is new",
])("%j is not shown", (title) => {
  expect(checkedTitle(title, material)).toBeNull();
});
