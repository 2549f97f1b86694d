/**
 * Synthesises the deployment as `sst build` does it, offline, in a process of its own: SST keeps one app a process in
 * global state, and its NODE_ENV=test mode leaves out what asks AWS (account, bootstrap stacks).
 *
 * Arguments: the folder to write to, `deploy` or `dev` (as `sst dev` does it), the stage, what is written of it as JSON if not what stands in stacks/stages.ts. Standard output's last line is a Synthesis as JSON.
 */
import { join } from "node:path";
import process from "node:process";
import { Aspects } from "aws-cdk-lib";
import { AwsSolutionsChecks, type INagLogger } from "cdk-nag";
import { App, type FunctionProps } from "sst/constructs";
import { useFunctions } from "sst/constructs/Function.js";
import { initProject, useProject } from "sst/project.js";
import { load } from "sst/stacks/build.js";
import { deploy } from "../../stacks/deployment.ts";
import type { BuiltFunction, NagFinding, Synthesis } from "./synthesis.ts";

const [out, mode, stage, input] = process.argv.slice(2) as [string, "deploy" | "dev", string, string?];
const root = join(import.meta.dirname, "../..");
process.chdir(root);
await initProject({ root, stage, region: "us-east-1" } as Parameters<typeof initProject>[0]);
const project = useProject();
Object.assign(project.paths, { out, artifacts: join(out, "artifacts") });

const app = new App(
  { mode, stage, name: project.config.name, region: "us-east-1", account: "123456789012" },
  { outdir: join(out, "dist") },
);
if (input === undefined) {
  const [, config] = await load(project.paths.config, false);
  await config.stacks(app);
} else {
  await deploy(app, { [stage]: JSON.parse(input) });
}

const functions: BuiltFunction[] = [];
for (const props of Object.values(useFunctions().all)) collectBuild(props);
await app.finish();
const nagFindings: NagFinding[] = [];
const collector = collectFindings(nagFindings);
Aspects.of(app).add(new AwsSolutionsChecks({ reports: false, additionalLoggers: [collector] }));
const assembly = app.synth();
const templates = assembly.stacks.map((stack) => stack.templateFullPath);
process.stdout.write(`\n${JSON.stringify({ templates, functions, nagFindings } satisfies Synthesis)}\n`);

/** What a rule finds, and what it could not judge: both ask for a reason. */
function collectFindings(findings: NagFinding[]): INagLogger {
  const ignored = () => {};
  return {
    onNonCompliance({ ruleId, findingId, resource, ruleInfo }) {
      findings.push({ rule: ruleId, finding: findingId, path: resource.node.path, says: ruleInfo });
    },
    onError({ ruleId, resource, errorMessage }) {
      findings.push({ rule: ruleId, finding: "not judged", path: resource.node.path, says: errorMessage });
    },
    onCompliance: ignored,
    onSuppressed: ignored,
    onSuppressedError: ignored,
    onNotApplicable: ignored,
  };
}

/** Notes esbuild's own account of a bundle, which SST keeps to itself. */
function collectBuild(props: FunctionProps): void {
  props.nodejs!.esbuild = {
    ...props.nodejs!.esbuild,
    plugins: [
      {
        name: "collect",
        setup(build) {
          build.onEnd(({ metafile }) => {
            const [bundle, { bytes, inputs }] = Object.entries(metafile!.outputs)[0]!;
            const handler = props.handler!;
            functions.push({ handler, bundle: join(root, bundle), bytes, inputs: Object.keys(inputs) });
          });
        },
      },
    ],
  };
}
