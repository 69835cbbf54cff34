import { TextNode } from "@llamaindex/core/schema";
import { createCrossrankPostprocessor } from "crossrank/llamaindex";

const postprocessor = createCrossrankPostprocessor({ model: "mini", topN: 1 });
// A query engine calls it for you: nodePostprocessors: [postprocessor].
const texts = ["Cats are independent animals.", "Dog training requires patience."];
const nodes = texts.map((text) => ({ node: new TextNode({ text }), score: 0.5 }));
const [best] = await postprocessor.postprocessNodes(nodes, "How to train a dog");
console.log(best.node.text);
