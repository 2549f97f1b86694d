import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { SourceItem, SourceNote, SourceProblem } from "../../packages/cli/src/vault/source-note.ts";

/** An empty folder that goes away with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "noctuary-")));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function writeFiles(folder: string, files: Record<string, string | Uint8Array>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}

export async function folderOf(files: Record<string, string | Uint8Array>): Promise<string> {
  const folder = await temporaryFolder();
  await writeFiles(folder, files);
  return folder;
}

export async function collect(
  items: AsyncIterable<SourceItem>,
): Promise<{ notes: SourceNote[]; problems: SourceProblem[] }> {
  const notes: SourceNote[] = [];
  const problems: SourceProblem[] = [];
  for await (const item of items) {
    if ("note" in item) notes.push(item.note);
    else problems.push(item.problem);
  }
  return { notes, problems };
}
