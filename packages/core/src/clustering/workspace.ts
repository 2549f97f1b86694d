/**
 * Arrays to work in on graphs of up to so many nodes and edge ends, made once: an account's topics are split in
 * thousands of small steps, and making arrays for each takes a tenth of their time.
 *
 * What `linkTo` holds is 0 and what `placeOf` holds is -1 whenever nobody works in them; the others hold anything.
 */
export interface Workspace {
  linkTo: Float64Array;
  placeOf: Int32Array;
  touched: Int32Array;
  strength: Float64Array;
  partStrength: Float64Array;
  outward: Float64Array;
  gains: Float64Array;
  links: Float64Array;
  size: Int32Array;
  sizeBefore: Int32Array;
  former: Int32Array;
  queue: Int32Array;
  spare: Int32Array;
  marks: Uint8Array;
  targets: Int32Array;
  weights: Float64Array;
}

export function workspaceFor(graph: { nodes: number; targets: ArrayLike<number> }): Workspace {
  const { nodes } = graph;
  const ends = graph.targets.length;
  return {
    linkTo: new Float64Array(nodes),
    placeOf: new Int32Array(nodes).fill(-1),
    touched: new Int32Array(nodes),
    strength: new Float64Array(nodes),
    partStrength: new Float64Array(nodes),
    outward: new Float64Array(nodes),
    gains: new Float64Array(nodes),
    links: new Float64Array(nodes),
    size: new Int32Array(nodes),
    sizeBefore: new Int32Array(nodes),
    former: new Int32Array(nodes),
    queue: new Int32Array(nodes),
    spare: new Int32Array(nodes),
    marks: new Uint8Array(nodes),
    targets: new Int32Array(ends),
    weights: new Float64Array(ends),
  };
}
