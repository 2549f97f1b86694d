import { Duration } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, Metric, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { App, Stack } from "sst/constructs";
import { alarmList } from "./alarm-list.ts";
import type { AlarmDefinition } from "./alarms/definition.ts";
import type { Place } from "./place.ts";

const RUNBOOKS = "docs/runbooks";

const comparisons: Record<AlarmDefinition["comparison"], ComparisonOperator> = {
  atLeast: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  below: ComparisonOperator.LESS_THAN_THRESHOLD,
};
const missingData: Record<AlarmDefinition["missing"], TreatMissingData> = {
  ignore: TreatMissingData.IGNORE,
  fine: TreatMissingData.NOT_BREACHING,
  alarm: TreatMissingData.BREACHING,
};

/** All alarms, and the one topic that hears of them: when they begin and when they are over. */
export function stageAlarms(stack: Stack, app: App, place: Place, emails: readonly string[]): Topic {
  const topic = new Topic(stack, "alarm-topic", {
    topicName: app.logicalPrefixedName("alarms"),
    enforceSSL: true,
  });
  // A policy of the topic's own takes the place of the one that lets this account's alarms in.
  topic.addToResourcePolicy(
    new PolicyStatement({
      principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
      actions: ["sns:Publish"],
      resources: [topic.topicArn],
      conditions: { StringEquals: { "aws:SourceAccount": stack.account } },
    }),
  );
  for (const email of emails) topic.addSubscription(new EmailSubscription(email));
  for (const definition of alarmList(place)) {
    const alarm = new Alarm(stack, `${definition.name}-alarm`, {
      alarmName: place.named(definition.name),
      alarmDescription: `${definition.meaning} What to do: ${RUNBOOKS}/${definition.runbook}.md`,
      metric: new Metric({
        namespace: definition.metric.namespace,
        metricName: definition.metric.name,
        dimensionsMap: definition.metric.dimensions,
        statistic: definition.statistic,
        period: Duration.minutes(definition.periodMinutes),
      }),
      comparisonOperator: comparisons[definition.comparison],
      threshold: definition.threshold,
      evaluationPeriods: definition.periods,
      treatMissingData: missingData[definition.missing],
    });
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
  }
  return topic;
}
