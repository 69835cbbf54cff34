/** Whose words each path speaks, for people: the page at /docs groups paths by vendor, under names that differ. */
import type { Dialect } from "./dialect.ts";

interface Vendor {
  /** As the vendor writes it. */
  name: string;
  description: string;
}

// By the first segment of a vendor's own paths, which is also the beginning of its dialects' names.
const byPrefix: Readonly<Record<string, Vendor>> = {
  native: { name: "crossrank", description: "crossrank's own format" },
  union: { name: "Several vendors", description: "What clients of Jina, Cohere v1, LiteLLM, LocalAI, Xinference and vLLM have in common" },
  cohere: { name: "Cohere", description: "Base URL /cohere" },
  jina: { name: "Jina", description: "Base URL /jina/v1" },
  voyage: { name: "Voyage AI", description: "Base URL /voyage/v1" },
  mixedbread: { name: "Mixedbread", description: "Base URL /mixedbread" },
  pinecone: { name: "Pinecone", description: "Controller host /pinecone" },
  together: { name: "Together AI", description: "Base URL /together/v1" },
  nim: { name: "NVIDIA NIM", description: "Base URL /nim/v1" },
  tei: { name: "Text Embeddings Inference", description: "Base URL /tei" },
  vllm: { name: "vLLM", description: "Base URL /vllm, /vllm/v1 or /vllm/v2" },
  infinity: { name: "Infinity", description: "Base URL /infinity" },
  llamacpp: { name: "llama.cpp", description: "Base URL /llamacpp or /llamacpp/v1" },
  xinference: { name: "Xinference", description: "Base URL /xinference/v1" },
  localai: { name: "LocalAI", description: "Base URL /localai/v1" },
  litellm: { name: "LiteLLM", description: "Base URL /litellm" },
};

/** All vendors, crossrank first. */
export const vendors: readonly Vendor[] = Object.values(byPrefix);

/** The vendor under which a path is shown: that of its prefix, else that of the first dialect it speaks. */
export function vendorOf(path: string, dialects: readonly Dialect[]): string {
  const [, prefix = ""] = path.split("/");
  return (byPrefix[prefix] ?? byPrefix[dialects[0]!.name.split("-")[0]!])!.name;
}

/** A path in words: `Cohere: v2 rerank`. */
export function nameOf(path: string, dialects: readonly Dialect[]): string {
  const segments = path.split("/").slice(1);
  const isOwn = byPrefix[segments[0]!] !== undefined;
  const call = (isOwn ? segments.slice(1) : segments).join(" ");
  return `${vendorOf(path, dialects)}: ${call}${isOwn ? "" : " at the root"}`;
}
