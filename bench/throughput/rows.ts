import { median } from "@noctuary/core/weekly-insights/facts/median";
import {
  type Bench,
  type ColdAndWarm,
  coldAndWarmNight,
  freshNight,
  type OurNight,
  runBare,
  runNight,
} from "./bench.ts";
import { type Night, POISON } from "./notes-database.ts";

/** How much is measured. */
export interface Size {
  /** Pairs of runs for a ratio of which the median is given. */
  repeats: number;
  /** Users among whom notes are dealt out. */
  users: number;
  notesPerUser: number;
}

/** What was measured, as a line of the table; `broken` names counts that are not what they must be. */
export interface Measured {
  work: string;
  must: string;
  is: string;
  broken: string[];
}

const SECOND_NIGHT = "2026-11-03T07:00:00Z";
const THIRD_NIGHT = "2026-11-04T07:00:00Z";
/** So that a few refusals are at work, and not the place of one. */
const NIGHTS_LIMITED = 3;

export const rows: Record<string, (bench: Bench, dimensions: number, size: Size) => Promise<Measured[]>> = {
  async rate(bench, dimensions, { repeats }) {
    await bench.database.fill(bench.notes, 1);
    const ratios: number[] = [];
    const ours: OurNight[] = [];
    const bares: number[] = [];
    const bareRequests = new Set<number>();
    const cpuRatios: number[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      // The one first, then the other: what warms up during a run is nobody's for long.
      const isBareFirst = repeat % 2 === 0;
      const bare = isBareFirst ? await runBare(bench, dimensions) : undefined;
      const own = await freshNight(bench, { dimensions });
      const other = bare ?? (await runBare(bench, dimensions));
      const barePerSecond = (other.notes / other.ms) * 1000;
      ours.push(own);
      bares.push(barePerSecond);
      bareRequests.add(other.requests);
      ratios.push(own.perSecond / barePerSecond);
      cpuRatios.push(own.cpuMs / other.cpuMs);
    }
    const requests = ours[0]!.requests;
    return [
      {
        work: `${count(bench.notes.length)} notes of one user, plan to stored vectors, ${dimensions} dimensions`,
        must: "at least 0.5 of the bare pipeline",
        is: `${ratio(median(ratios))} of it (${ratios.map(ratio).join(", ")}): ${count(median(ours.map((own) => own.perSecond)))} notes/s against ${count(median(bares))}; plan ${count(ours[0]!.planMs)} ms of ${count(ours[0]!.ms)}, ${ours[0]!.maxRssMb} MB, ${ratio(median(cpuRatios))} times its CPU (${count(ours[0]!.cpuMs)} ms)`,
        broken: ours.flatMap((own) => lost(own, bench.notes.length)),
      },
      {
        work: "requests for them",
        must: "at most one more than the best packing",
        is: `${requests}, where no packing needs fewer than ${bench.fewestRequests} (bare pipeline, which estimates: ${[...bareRequests].join(", ")})`,
        broken: requests > bench.fewestRequests + 1 ? [`${requests} requests`] : [],
      },
    ];
  },

  async latency(bench, dimensions, { repeats }) {
    await bench.database.fill(bench.notes, 1);
    const ratios: number[] = [];
    let mostAtOnce = 0;
    const broken: string[] = [];
    for (let repeat = 0; repeat < repeats; repeat++) {
      const instant = await freshNight(bench, { dimensions, requestsInFlight: 8 });
      const late = await freshNight(bench, { dimensions, requestsInFlight: 8, latencyMs: 50 });
      ratios.push(late.perSecond / instant.perSecond);
      mostAtOnce = Math.max(mostAtOnce, late.mostAtOnce);
      broken.push(...lost(instant, bench.notes.length), ...lost(late, bench.notes.length));
    }
    return [
      {
        work: "provider answering after 50 ms, 8 requests in flight allowed",
        must: "at least 0.8 of our rate with the instant one",
        is: `${ratio(median(ratios))} of it (${ratios.map(ratio).join(", ")}), ${mostAtOnce} at once`,
        broken,
      },
    ];
  },

  async changes(bench, dimensions) {
    await bench.database.fill(bench.notes, 1);
    await freshNight(bench, { dimensions });
    const changed = await bench.database.changeOneInHundred();
    const second = await runNight(bench, { dimensions, asOf: SECOND_NIGHT });
    const third = await runNight(bench, { dimensions, asOf: THIRD_NIGHT });
    return [
      {
        work: "1 % changed",
        must: "1 request with just those notes",
        is: `${second.requests} request with ${second.inputs} of ${changed} changed notes, ${count(second.ms)} ms`,
        broken: [
          ...(second.requests === 1 && second.inputs === changed
            ? []
            : [`${second.requests} requests, ${second.inputs} inputs`]),
          ...lost(second, bench.notes.length),
        ],
      },
      {
        work: "nothing changed",
        must: "0 requests",
        is: `${third.requests} requests, ${count(third.ms)} ms`,
        broken: third.requests === 0 ? [] : [`${third.requests} requests`],
      },
    ];
  },

  async poison(bench, dimensions) {
    const poisoned = bench.notes[Math.floor(bench.notes.length / 3)]!.id;
    await bench.database.fill(bench.notes, 1);
    await bench.database.poison(poisoned);
    const first = await freshNight(bench, { dimensions, poison: POISON });
    const second = await runNight(bench, { dimensions, poison: POISON, asOf: SECOND_NIGHT });
    const rest = bench.notes.length - 1;
    const extra = (first.inputs - bench.notes.length) / bench.notes.length;
    return [
      {
        work: `one poison note in ${count(bench.notes.length)}`,
        must: `${count(rest)} stored, one named, at most 15 % more inputs; next night asks nothing`,
        is: `${count(first.stored)} stored, named: ${first.refused.join(", ")}; ${(extra * 100).toFixed(1)} % more inputs; next night ${second.requests} requests`,
        broken: [
          ...lost(first, rest),
          ...(first.refused.join() === poisoned ? [] : [`refused: ${first.refused.join()}`]),
          // One request is sent twice over, which is much of few notes.
          ...(extra > 0.15 && bench.fewestRequests >= 16
            ? [`${(extra * 100).toFixed(1)} % more inputs`]
            : []),
          ...(second.requests === 0 ? [] : [`${second.requests} requests in the next night`]),
        ],
      },
    ];
  },

  /**
   * A night of 20,000 notes has 21 requests, so two are refused: several nights are added up. A provider that wants to be
   * left alone is, by all workers. How long it wants that says nothing of ours, so it is taken out of the time.
   */
  async limited(bench, dimensions, { repeats }) {
    await bench.database.fill(bench.notes, 1);
    const nights = NIGHTS_LIMITED * repeats;
    const measured: Measured[] = [];
    for (const restSeconds of [0, 1]) {
      const broken: string[] = [];
      const sum = { clean: 0, limited: 0, rest: 0, again: 0, inRest: 0 };
      for (let night = 0; night < nights; night++) {
        const clean = await freshNight(bench, { dimensions });
        const limited = await freshNight(bench, { dimensions, limits: { restSeconds } });
        sum.clean += clean.ms;
        sum.limited += limited.ms;
        sum.rest += limited.restMs;
        sum.again += limited.requests - clean.requests;
        sum.inRest += limited.inRest;
        broken.push(...lost(clean, bench.notes.length), ...lost(limited, bench.notes.length));
      }
      const times = ratio((sum.limited - sum.rest) / sum.clean);
      measured.push({
        work: `10 % of requests answered 429, ${restSeconds === 0 ? "without Retry-After" : `Retry-After: ${restSeconds}`}, ${nights} nights`,
        must: "nothing lost, at most 1.6 times the clean time",
        is: `${times} times${restSeconds === 0 ? "" : ` without the ${(sum.rest / 1000).toFixed(1)} s that it wanted to be left alone, ${ratio(sum.limited / sum.clean)} with them (${sum.inRest} requests came meanwhile)`}: ${count(sum.limited)} ms against ${count(sum.clean)}, ${sum.again} requests again, ${broken.length === 0 ? "nothing lost" : "LOST"}`,
        broken,
      });
    }
    return measured;
  },

  async users(bench, dimensions, { repeats, users, notesPerUser }) {
    const all = users * notesPerUser;
    const notes = Array.from({ length: all }, (_, i) => ({
      ...bench.notes[i % bench.notes.length]!,
      id: `m${String(i).padStart(7, "0")}`,
    }));
    const ones: ColdAndWarm[] = [];
    const manies: ColdAndWarm[] = [];
    // In turn, from one user to one user: a machine's speed drifts more over minutes than from one night to the next.
    const addOne = async () => {
      await bench.database.fill(bench.notes, 1);
      ones.push(await coldAndWarmNight(bench, { dimensions }));
    };
    await addOne();
    for (let i = 0; i < repeats; i++) {
      await bench.database.fill(notes, users);
      manies.push(await coldAndWarmNight(bench, { dimensions }));
      await addOne();
    }
    // The bare pipeline with a request and a save for each user's notes: what a user costs whoever keeps them apart.
    await bench.database.fill(notes, users);
    const bare = await runBare(bench, dimensions, notesPerUser);
    const barePerSecond = (bare.notes / bare.ms) * 1000;
    const compared = (of: keyof ColdAndWarm) => {
      const rates = (nights: ColdAndWarm[]) => nights.map((night) => night[of].perSecond);
      const one = rates(ones);
      const ratios = rates(manies).map((rate, i) => rate / ((one[i]! + one[i + 1]!) / 2));
      const shown = (nights: ColdAndWarm[]) => rates(nights).map(count).join(", ");
      return `${ratio(median(ratios))} (${ratios.map(ratio).join(", ")}): ${shown(manies)} notes/s against ${shown(ones)} before and after them`;
    };
    const mostMb = (nights: ColdAndWarm[]) =>
      Math.max(...nights.flatMap(({ cold, warm }) => [cold.maxRssMb, warm.maxRssMb]));
    const last = manies.at(-1)!.warm;
    const ofBare = median(manies.map(({ warm }) => warm.perSecond)) / barePerSecond;
    return [
      {
        work: `${count(users)} users with ${notesPerUser} notes each`,
        must: "bounded memory; at least half of the one-user rate",
        is: `in processes that have just started ${compared("cold")}; in warm ones ${compared("warm")}; plan ${count(last.planMs)} ms of ${count(last.ms)}; ${mostMb(manies)} MB, for one user ${mostMb(ones)} MB; ${ratio(ofBare)} of the bare pipeline with as many requests (${count(barePerSecond)} notes/s)`,
        broken: [
          ...manies.flatMap(({ cold, warm }) => [...lost(cold, all), ...lost(warm, all)]),
          ...ones.flatMap(({ cold, warm }) =>
            [cold, warm].flatMap((night) => lost(night, bench.notes.length)),
          ),
          ...(bare.notes === all ? [] : [`the bare pipeline had ${bare.notes} notes`]),
        ],
      },
    ];
  },
};

function lost({ stored, failedTasks, furtherTries }: Night, notes: number): string[] {
  return [
    ...(furtherTries === 0 ? [] : [`${furtherTries} tries of a task failed`]),
    ...(stored === notes ? [] : [`${stored} of ${notes} stored`]),
    ...(failedTasks === 0 ? [] : [`${failedTasks} tasks failed`]),
  ];
}

function ratio(figure: number): string {
  return figure.toFixed(2);
}

function count(figure: number): string {
  return Math.round(figure).toLocaleString("en");
}
