/** A cluster as another night left it. */
export interface KnownCluster {
  id: string;
  /** Ids of its notes. */
  members: string[];
}
