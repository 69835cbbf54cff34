import { ContextualCompressionRetriever } from "@langchain/classic/retrievers/contextual_compression";
import { Document } from "@langchain/core/documents";
import { BaseRetriever } from "@langchain/core/retrievers";
import { CrossrankRerank } from "crossrank/langchain";

// Your own retriever stands here, for example vectorStore.asRetriever(30).
class Pets extends BaseRetriever {
  lc_namespace = ["examples"];
  async _getRelevantDocuments() {
    const texts = ["Cats are independent animals.", "Dog training requires patience."];
    return texts.map((pageContent) => new Document({ pageContent }));
  }
}

const retriever = new ContextualCompressionRetriever({
  baseRetriever: new Pets(),
  baseCompressor: new CrossrankRerank({ model: "mini", topN: 1 }),
});
const [best] = await retriever.invoke("How to train a dog");
console.log(best.pageContent);
