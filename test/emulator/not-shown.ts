/** What the emulator takes and does nothing with (MiniStack 1.5.33), and where it is held instead. */
export const notShown = [
  "403 by address and over plain HTTP: the API's resource policy is not applied (test/stacks/api.template.test.ts)",
  "401, 403, 413 and 415 of the gateway's own: it never has a reason to answer so; what it would answer is read back from the deployed API",
  "sourceIp: taken from X-Forwarded-For here, from the connection on AWS; nothing of ours reads it",
  "a fold in a header is joined here; AWS refuses it with 400",
  "time zones, DLQs and retries of schedules, rotation's calendar, alarms over true metrics, IAM, security groups (test/stacks)",
  "RDS, its VPC and its NAT: on the template only (test/stacks/rds.template.test.ts)",
];
