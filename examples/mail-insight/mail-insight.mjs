/**
 * Mails each week that was told. A Lambda behind an EventBridge rule for
 * `{"source": ["noctuary"], "detail-type": ["insight.ready"]}`; see README.md for what it needs.
 *
 * The event holds ids alone, so the week is read here, under the rights of the app's own login: what was excluded or
 * deleted between the event and the mail is not in it.
 */
import { SESv2Client, SendEmailCommand } from "@aws-sdk/client-sesv2";
import { readInsight } from "@noctuary/core/weekly-insights/read-insight";
import { renderHtml } from "@noctuary/core/weekly-insights/render-html";
import { renderMarkdown } from "@noctuary/core/weekly-insights/render-markdown";
import { weekTitle } from "@noctuary/core/weekly-insights/week-title";
import { asUser } from "@noctuary/db/access";
import { openDatabase } from "@noctuary/db/database";

const db = openDatabase({ url: process.env.DATABASE_URL, maxConnections: 1 });
const mail = new SESv2Client();

/** Your own look-up: where this user's mail goes, or null for nowhere. */
async function addressOf(userId) {
  const { rows } = await db.pool.query("select email from app_user where id = $1 and wants_weekly_mail", [
    userId,
  ]);
  return rows[0]?.email ?? null;
}

/** Events come at least once. Your own memory of what was sent: true for the first time. */
async function isFirst(eventId) {
  const { rowCount } = await db.pool.query(
    "insert into app_mail_sent (event_id) values ($1) on conflict do nothing",
    [eventId],
  );
  return rowCount === 1;
}

/** A mail that could not be sent is one that was not: the event comes again. */
async function takeBack(eventId) {
  await db.pool.query("delete from app_mail_sent where event_id = $1", [eventId]);
}

export async function handler({ detail: { eventId, userId, week } }) {
  const to = await addressOf(userId);
  if (to === null || !(await isFirst(eventId))) return;
  const insight = await asUser(db, userId, (tx) => readInsight(tx, userId, week));
  if (insight === null) return; // forgotten meanwhile
  const letter = new SendEmailCommand({
    FromEmailAddress: process.env.MAIL_FROM,
    Destination: { ToAddresses: [to] },
    Content: {
      Simple: {
        Subject: { Data: weekTitle(insight) },
        Body: { Html: { Data: renderHtml(insight) }, Text: { Data: renderMarkdown(insight) } },
      },
    },
  });
  try {
    await mail.send(letter);
  } catch (error) {
    await takeBack(eventId);
    throw error;
  }
}
