import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Resource types that the emulator's CloudFormation refuses (MiniStack 1.5.33). */
const REFUSED = new Set(
  [
    "CloudWatch::CompositeAlarm",
    "CloudWatch::AnomalyDetector",
    "Logs::QueryDefinition",
    "SecretsManager::RotationSchedule",
    "SecretsManager::ResourcePolicy",
    "EC2::NatGateway",
    "EC2::EIP",
    "EC2::SecurityGroupIngress",
    "EC2::SecurityGroupEgress",
  ].map((type) => `AWS::${type}`),
);

interface Resource {
  Type: string;
  Properties?: Record<string, unknown>;
  DependsOn?: string | string[];
}

interface Template {
  Resources: Record<string, Resource>;
  Outputs?: Record<string, { Value: unknown }>;
}

/**
 * Takes out of the built templates in `folder` what the emulator refuses, and what refers to it.
 *
 * @returns type and logical id of each resource that was taken out
 */
export function stripTemplates(folder: string): string[] {
  const gone: string[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".template.json"))) {
    const path = join(folder, file);
    const template = JSON.parse(readFileSync(path, "utf8")) as Template;
    gone.push(...strip(template));
    writeFileSync(path, JSON.stringify(template));
  }
  return gone.sort();
}

export function strip({ Resources, Outputs }: Template): string[] {
  const gone = new Map<string, string>();
  for (const [id, resource] of Object.entries(Resources))
    if (isRefused(resource)) gone.set(id, resource.Type);
  const refersToGone = (value: unknown) => [...referredTo(value)].some((id) => gone.has(id));
  for (let before = -1; before < gone.size; ) {
    before = gone.size;
    for (const [id, { Type, Properties }] of Object.entries(Resources)) {
      if (!gone.has(id) && refersToGone(Properties)) gone.set(id, Type);
    }
  }
  for (const id of gone.keys()) delete Resources[id];
  for (const resource of Object.values(Resources)) {
    const left = [resource.DependsOn ?? []].flat().filter((id) => !gone.has(id));
    if (left.length > 0) resource.DependsOn = left;
    else delete resource.DependsOn;
  }
  for (const [name, { Value }] of Object.entries(Outputs ?? {}))
    if (refersToGone(Value)) delete Outputs![name];
  return [...gone].map(([id, type]) => `${type} ${id}`);
}

/** An alarm over an expression is refused as well; one over a single metric is not. */
function isRefused({ Type, Properties }: Resource): boolean {
  return REFUSED.has(Type) || (Type === "AWS::CloudWatch::Alarm" && Properties?.Metrics !== undefined);
}

function referredTo(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const each of value) referredTo(each, found);
  else if (typeof value === "object" && value !== null) {
    for (const [key, of] of Object.entries(value)) {
      if (key === "Ref") found.add(String(of));
      else if (key === "Fn::GetAtt") found.add(String(Array.isArray(of) ? of[0] : String(of).split(".")[0]));
      else referredTo(of, found);
    }
  }
  return found;
}
