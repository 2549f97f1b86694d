import { expect, inject } from "vitest";
import { type Resource, resourcesOf, target } from "./synthesis.ts";

/** What the stage `dev` deploys, with the least that a stage can say of itself. */
const { dev } = inject("syntheses");

/** The resource whose physical name is the stage's and the app's, and this. */
export function named(type: string, property: string, name: string, prefix = "dev-noctuary-"): Resource {
  const found = resourcesOf(dev, type).filter(
    ({ properties }) => properties[property] === `${prefix}${name}`,
  );
  expect(found, `${type} ${name}`).toHaveLength(1);
  return found[0]!;
}

export const queueNamed = (name: string) => named("AWS::SQS::Queue", "QueueName", name);
export const functionNamed = (name: string) => named("AWS::Lambda::Function", "FunctionName", name);
export const ourFunctions = () =>
  resourcesOf(dev, "AWS::Lambda::Function").filter(({ properties }) => "FunctionName" in properties);
export const cronSecret = () => named("AWS::SecretsManager::Secret", "Name", "cron-secret", "noctuary/dev/");
export const nameOfQueue = (value: unknown): string | undefined =>
  resourcesOf(dev, "AWS::SQS::Queue").find(({ id }) => id === target(value))?.properties.QueueName;

/** How often a start of a function that came off badly is tried again, and where it ends. */
export function asyncInvocationsOf(name: string) {
  const { id } = functionNamed(name);
  const found = resourcesOf(dev, "AWS::Lambda::EventInvokeConfig").filter(
    ({ properties }) => target(properties.FunctionName) === id,
  );
  expect(found, name).toHaveLength(1);
  return found[0]!.properties;
}
