import fc from "fast-check";
import { expect, test } from "vitest";
import { claimStem, foldName, isStemFor, pageStem } from "../../packages/cli/src/export/page-names.ts";

test.each([
  ["Bread & butter", "Bread & butter"],
  ["Taxes: 2026/27?", "Taxes 2026 27"],
  ["CON", "_CON"],
  ["com1.backup", "_com1.backup"],
  ["Console", "Console"],
  ["..hidden.", "hidden"],
  ["C# [x] ^y |z", "C x y z"],
  ["Café", "Café"],
  ["日本語のメモ 🌱", "日本語のメモ 🌱"],
  ["a\u202egpj.exe\u0000\n", "a gpj.exe"],
  ["///", "Cluster"],
  ["\ud800", "Cluster"],
])("%j is called %j", (name, stem) => {
  expect(pageStem(name)).toBe(stem);
});

test("long names end between characters, never inside one", () => {
  expect(pageStem("x".repeat(300))).toHaveLength(80);
  const families = pageStem("👨‍👩‍👧‍👦".repeat(50));
  expect(Buffer.byteLength(families)).toBeLessThanOrEqual(180);
  expect(families.replaceAll("👨‍👩‍👧‍👦", "")).toBe("");
});

test("every name becomes one that any system can store, and the same again", () => {
  const anyUnits = fc
    .array(fc.integer({ min: 0, max: 0xffff }))
    .map((units) => String.fromCharCode(...units));
  fc.assert(
    fc.property(fc.oneof(anyUnits, fc.string()), (name) => {
      const stem = pageStem(name);
      expect(stem).toMatch(/^[^\s.<>:"/\\|?*#^[\]](?:.*[^\s.])?$/u);
      expect(Buffer.byteLength(stem)).toBeLessThanOrEqual(181);
      expect(pageStem(stem)).toBe(stem);
    }),
  );
});

test("names are claimed once, whatever their case", () => {
  const taken = new Set(["tax"]);
  const notes = new Set(["bread", "oven (cluster)", "oven"]);
  const stems = ["Tax", "TAX", "Bread", "Oven"].map((name) => claimStem(name, taken, notes));
  expect(stems).toEqual(["Tax (2)", "TAX (3)", "Bread (cluster)", "Oven (cluster) (2)"]);
  expect(stems.every((stem, at) => isStemFor(stem, ["Tax", "TAX", "Bread", "Oven"][at]!))).toBe(true);
  expect(isStemFor("Taxes", "Tax")).toBe(false);
  expect(foldName("CAFE\u0301")).toBe("caf\u00e9");
});
