import { dateOfDay, dayNumberOf, knownTimeZone, localDateOf, localDays } from "@noctuary/core/local-date";
import fc from "fast-check";
import { expect, test } from "vitest";

test.each([
  "America/New_York",
  "Europe/Lisbon",
  "Australia/Lord_Howe",
  "Asia/Kathmandu",
  "Pacific/Apia",
  "UTC",
])(
  "days in %s are those of the calendar, also around clock changes and the line where the date changes",
  (zone) => {
    const dayOf = localDays(zone);
    fc.assert(
      fc.property(
        fc.date({ min: new Date("2005-01-01"), max: new Date("2035-01-01"), noInvalidDate: true }),
        (instant) => {
          expect(dateOfDay(dayOf(instant))).toBe(localDateOf(instant, zone));
        },
      ),
    );
  },
);

test.each([
  ["2026-03-08T06:59:59Z", "2026-03-08"],
  ["2026-03-08T07:00:00Z", "2026-03-08"],
  ["2026-03-09T03:59:59Z", "2026-03-08"],
  ["2026-03-09T04:00:00Z", "2026-03-09"],
  ["2026-11-01T03:59:59Z", "2026-10-31"],
  ["2026-11-01T04:00:00Z", "2026-11-01"],
  ["2026-11-02T04:59:59Z", "2026-11-01"],
  ["2026-11-02T05:00:00Z", "2026-11-02"],
])("%s is %s in New York, in the weeks when its clocks change", (instant, date) => {
  expect(localDays("America/New_York")(new Date(instant))).toBe(dayNumberOf(date));
});

test("a time zone that does not exist is the default one", () => {
  expect(knownTimeZone("Mars/Olympus")).toBe("America/New_York");
  expect(knownTimeZone("Europe/Lisbon")).toBe("Europe/Lisbon");
});
