import { daysBetween } from "../local-date.ts";

/**
 * Many notes that vanish at once may have been deleted, or a folder is not mounted, a role sees no rows, a view is
 * broken. So nothing is purged until someone confirms it or it has been so for seven nights.
 */
export interface VanishedCounts {
  /** Notes of this user with stored results. */
  known: number;
  /** Those that are deleted now or no longer there. */
  vanished: number;
  /** Whether one of the user's sources lost all of its notes. */
  wholeSource: boolean;
}

const MIN_NOTES = 20;
const USER_SHARE = 0.2;
const ALL_SHARE = 0.05;
export const WITHHOLD_NIGHTS = 7;

export function areTooMany({ known, vanished, wholeSource }: VanishedCounts): boolean {
  if (vanished === 0) return false;
  return wholeSource || (vanished > MIN_NOTES && vanished > known * USER_SHARE);
}

/**
 * Whether so many more notes are gone than when the night was planned, or all that there were, that a role or a view must
 * have changed in between: then none of them is purged, and the next plan looks into it.
 */
export function haveManyVanishedSince(planned: number | undefined, gone: VanishedCounts): boolean {
  if (planned === undefined || gone.vanished <= planned) return false;
  return areTooMany(gone) || gone.vanished === gone.known;
}

/**
 * The same over all users, where a few notes of each may be gone. With a single user the user's own rule decides:
 * otherwise it would never be reached.
 */
export function areTooManyInAll({
  known,
  vanished,
  users,
}: {
  known: number;
  vanished: number;
  users: number;
}): boolean {
  return users > 1 && vanished > MIN_NOTES && vanished > known * ALL_SHARE;
}

export interface Withholding {
  withhold: boolean;
  /** The date since which deletions wait; null when none do. */
  since: string | null;
}

export function decideWithholding(input: {
  tooMany: boolean;
  accepted: boolean;
  since: string | null;
  today: string;
}): Withholding {
  if (!input.tooMany || input.accepted) return { withhold: false, since: null };
  const since = input.since ?? input.today;
  return daysBetween(since, input.today) >= WITHHOLD_NIGHTS
    ? { withhold: false, since: null }
    : { withhold: true, since };
}
