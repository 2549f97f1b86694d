import { dataAlarms } from "./alarms/data.ts";
import { databaseAlarms } from "./alarms/database.ts";
import type { AlarmDefinition } from "./alarms/definition.ts";
import { functionAlarms } from "./alarms/functions.ts";
import { jobAlarms } from "./alarms/jobs.ts";
import { queueAlarms } from "./alarms/queues.ts";
import { silentReconciler } from "./alarms/reconciler.ts";
import { triggerAlarms } from "./alarms/triggers.ts";
import type { Place } from "./place.ts";

/** Every alarm there is. */
export function alarmList(place: Place): AlarmDefinition[] {
  return [
    ...jobAlarms(place),
    ...queueAlarms(place),
    ...functionAlarms(place),
    ...databaseAlarms(place),
    ...dataAlarms(),
    silentReconciler(place),
    ...triggerAlarms(place),
  ];
}
