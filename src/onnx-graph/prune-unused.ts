import type { OnnxModel, OnnxNode } from "./onnx-model.ts";

/**
 * The model with only those nodes, inputs and initializers that its outputs need, in an order in which nodes come after what they read.
 *
 * @returns undefined when something is read that nothing gives
 */
export function onlyWhatIsUsed(model: OnnxModel): OnnxModel | undefined {
  const producers = new Map<string, OnnxNode>();
  for (const node of model.nodes) for (const output of node.outputs) producers.set(output, node);
  const given = new Set([...model.initializers.keys(), ...model.inputs.map(({ name }) => name)]);
  const used = new Set<string>();
  const placed = new Set<OnnxNode>();
  const nodes: OnnxNode[] = [];
  let isWhole = true;

  // A stack of our own: a path through a deep model is longer than that of calls may be.
  const open: { name: string; node?: OnnxNode }[] = model.outputs.map(({ name }) => ({ name }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.node !== undefined) {
      nodes.push(next.node);
      continue;
    }
    used.add(next.name);
    const node = producers.get(next.name);
    if (node === undefined) isWhole &&= given.has(next.name);
    else if (!placed.has(node)) {
      placed.add(node);
      open.push({ name: next.name, node });
      for (const name of [...node.inputs, ...(node.captures ?? [])]) if (name !== "") open.push({ name });
    }
  }
  if (!isWhole) return undefined;
  return {
    ...model,
    nodes,
    initializers: new Map(Array.from(model.initializers).filter(([name]) => used.has(name))),
    inputs: model.inputs.filter(({ name }) => used.has(name)),
  };
}
