import { type Job, userStep } from "../job.ts";
import { abandonUser } from "./abandon-user.ts";
import { cluster } from "./cluster.ts";
import { embed } from "./embed.ts";
import { plan } from "./plan.ts";
import { CLUSTER, EMBED } from "./steps.ts";

/** Embeds what changed, clusters each user's notes, cleans up. */
export const nightlyCluster: Job = {
  slug: "nightly-cluster",
  schedule: { timeZone: "America/New_York", localTime: "02:00", days: "daily" },
  plan,
  steps: [userStep(embed), userStep(cluster)],
  fanIn: { from: EMBED, into: CLUSTER },
  abandoned: abandonUser,
};
