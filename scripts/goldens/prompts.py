"""Token ids of prompts, each as its publisher's own code makes them; the sources are beside each. Used by architectures.py."""

# https://huggingface.co/Qwen/Qwen3-Reranker-0.6B README.md, "Transformers Usage"
QWEN3_INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"
QWEN3_PREFIX = (
    "<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. "
    'Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n'
)
QWEN3_SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"


def qwen3_ids(tokenizer, query, document, limit):
    """None where the query has more than three quarters of the room: this code would cut the document to little or nothing, crossrank the query."""
    prefix, suffix = plain(tokenizer, QWEN3_PREFIX), plain(tokenizer, QWEN3_SUFFIX)
    room = limit - len(prefix) - len(suffix)
    if len(plain(tokenizer, f"<Instruct>: {QWEN3_INSTRUCTION}\n<Query>: {query}")) > room * 3 // 4:
        return None
    body = plain(tokenizer, f"<Instruct>: {QWEN3_INSTRUCTION}\n<Query>: {query}\n<Document>: {document}")
    return prefix + body[:room] + suffix


# https://github.com/mixedbread-ai/mxbai-rerank mxbai_rerank/mxbai_rerank_v2.py `prepare_inputs`, whose max_length does not count the template
MXBAI_PREFIX = "<|im_start|>system\nYou are Qwen, created by Alibaba Cloud. You are a helpful assistant.<|im_end|>\n<|im_start|>user\n"
MXBAI_TASK = (
    "You are a search relevance expert who evaluates how well documents match search queries. For each query-document pair, carefully analyze "
    "the semantic relationship between them, then provide your binary relevance judgment (0 for not relevant, 1 for relevant).\nRelevance:"
)
MXBAI_SUFFIX = "<|im_end|>\n<|im_start|>assistant\n"


def mxbai_ids(tokenizer, query, document, limit, instruction=None):
    separator = plain(tokenizer, "\n")
    prefix = plain(tokenizer, MXBAI_PREFIX)
    suffix = separator + plain(tokenizer, MXBAI_TASK) + plain(tokenizer, MXBAI_SUFFIX)
    max_length = limit - len(prefix) - len(suffix)
    asked = f"query: {query}" if instruction is None else f"instruction: {instruction}\nquery: {query}"
    first = plain(tokenizer, asked)[: max_length * 3 // 4]
    second = separator + plain(tokenizer, f"document: {document}")[:max_length]
    return prefix + first + second[: max_length - len(first)] + suffix


# https://github.com/FlagOpen/FlagEmbedding examples/inference/reranker/README.md `get_inputs`, whose max_length does not count the prompt
BGE_PROMPT = "Given a query A and a passage B, determine whether the passage contains an answer to the query by providing a prediction of either 'Yes' or 'No'."


def gemma_ids(tokenizer, query, document, limit):
    separator = plain(tokenizer, "\n")
    suffix = separator + plain(tokenizer, BGE_PROMPT)
    max_length = limit - len(suffix)
    first = [tokenizer.bos_token_id, *plain(tokenizer, f"A: {query}")[: max_length * 3 // 4]]
    second = separator + plain(tokenizer, f"B: {document}")[:max_length]
    return first + second[: max_length - len(first)] + suffix


def plain(tokenizer, text):
    return tokenizer(text, add_special_tokens=False)["input_ids"]
