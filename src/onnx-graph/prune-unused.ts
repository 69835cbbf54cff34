import type { OnnxModel, OnnxNode } from "./onnx-model.ts";

/**
 * Removes nodes, inputs and initializers that the outputs do not need, and sorts the nodes: each comes after the nodes that it reads.
 *
 * @returns undefined if a node or an output reads a tensor that does not exist
 */
export function pruneUnused(model: OnnxModel): OnnxModel | undefined {
  const producers = new Map<string, OnnxNode>();
  for (const node of model.nodes) for (const output of node.outputs) producers.set(output, node);
  const given = new Set([...model.initializers.keys(), ...model.inputs.map(({ name }) => name)]);
  const used = new Set<string>();
  const visited = new Set<OnnxNode>();
  const nodes: OnnxNode[] = [];
  let isComplete = true;

  // An explicit stack: a path through a deep model may be longer than the call stack.
  const stack: { name: string; node?: OnnxNode }[] = model.outputs.map(({ name }) => ({ name }));
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (next.node !== undefined) {
      nodes.push(next.node);
      continue;
    }
    used.add(next.name);
    const node = producers.get(next.name);
    if (node === undefined) isComplete &&= given.has(next.name);
    else if (!visited.has(node)) {
      visited.add(node);
      stack.push({ name: next.name, node });
      for (const name of [...node.inputs, ...(node.captures ?? [])]) if (name !== "") stack.push({ name });
    }
  }
  if (!isComplete) return undefined;
  return {
    ...model,
    nodes,
    initializers: new Map(Array.from(model.initializers).filter(([name]) => used.has(name))),
    inputs: model.inputs.filter(({ name }) => used.has(name)),
  };
}
