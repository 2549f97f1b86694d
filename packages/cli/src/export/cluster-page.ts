/** A cluster as an exported page tells of it. */
export interface ClusterPage {
  /** The cluster's permanent id. */
  id: string;
  name: string;
  /** The area that the topic belongs to, if it has one. */
  area?: string;
  keyphrases: string[];
  /** How many notes it holds, loosely related ones among them. */
  size: number;
  notes: ClusterPageNote[];
  /** What its owner decided about it. */
  decided?: string[];
  /** What happened to it lately, newest first. */
  events: ClusterPageEvent[];
}

/** A stack as the index tells of it. */
export interface IndexStack {
  title: string;
  reason: string;
  notes: Pick<ClusterPageNote, "title" | "key">[];
}

export interface ClusterPageNote {
  title: string;
  /** As in `SourceNote.key`: a path under the note's folder, or the id in a JSONL file. */
  key: string;
  /** In [0, 1]; the surest notes come first. */
  confidence: number;
  /** Near the cluster rather than of it. */
  isLoose: boolean;
  /** Why it is here, where that is not plain. */
  remark?: string;
}

export interface ClusterPageEvent {
  /** A local date, 2026-05-25. */
  date: string;
  sentence: string;
}
