import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import type { StageInput } from "../../stacks/configuration.ts";

export interface Synthesis {
  /** Paths of the CloudFormation templates. */
  templates: string[];
  functions: BuiltFunction[];
  /** What cdk-nag's AwsSolutions rules say against it. */
  nagFindings: NagFinding[];
}

export interface NagFinding {
  /** Such as AwsSolutions-IAM4. */
  rule: string;
  /** Which part of the resource: the policy or statement, where a rule looks at several. */
  finding: string;
  /** Of the construct. */
  path: string;
  says: string;
}

export interface BuiltFunction {
  /** As Lambda is told it: the file without its extension, a dot, the export. */
  handler: string;
  /** Path of what is deployed. */
  bundle: string;
  bytes: number;
  /** The files that code in the bundle comes from, relative to the root of the repository. */
  inputs: string[];
}

/**
 * What a stage deploys: its templates, and its functions bundled by SST itself. With `input`, what it would deploy if
 * that were written of it; under `sst dev`, functions are SST's own stubs. `remove` deletes the files.
 */
export async function synthesise(
  stage: string,
  input?: StageInput,
  mode: "deploy" | "dev" = "deploy",
): Promise<Synthesis & { remove(): void }> {
  const out = mkdtempSync(join(tmpdir(), "noctuary-synthesis-"));
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      join(import.meta.dirname, "synthesise.ts"),
      out,
      mode,
      stage,
      ...(input === undefined ? [] : [JSON.stringify(input)]),
    ],
    {
      env: { ...process.env, NODE_ENV: "test", CDK_DISABLE_VERSION_CHECK: "1", SST_TELEMETRY_DISABLED: "1" },
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const synthesis = JSON.parse(stdout.trimEnd().split("\n").at(-1)!) as Synthesis;
  return { ...synthesis, remove: () => rmSync(out, { recursive: true, force: true }) };
}

export interface Resource {
  id: string;
  type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is any JSON
  properties: any;
  deletionPolicy: string | undefined;
  dependsOn: string[];
}

interface CloudFormation {
  Type: string;
  Properties?: unknown;
  DeletionPolicy?: string;
  DependsOn?: string | string[];
}

/** Every resource of a stage that has the type, for example `AWS::SQS::Queue`. */
export function resourcesOf({ templates }: Synthesis, type?: string): Resource[] {
  return templates
    .flatMap((file) => Object.entries<CloudFormation>(JSON.parse(readFileSync(file, "utf8")).Resources))
    .map(([id, { Type, Properties, DeletionPolicy, DependsOn }]) => ({
      id,
      type: Type,
      properties: Properties ?? {},
      deletionPolicy: DeletionPolicy,
      dependsOn: [DependsOn ?? []].flat(),
    }))
    .filter((resource) => type === undefined || resource.type === type);
}

/** The logical id that a `Ref` or `Fn::GetAtt` points at. */
export function target(value: unknown): string | undefined {
  const { Ref, "Fn::GetAtt": attribute } = (value ?? {}) as { Ref?: string; "Fn::GetAtt"?: [string, string] };
  return Ref ?? attribute?.[0];
}
