"""One contender as a process that answers lines: python peer.py NAME MODEL

In: {"query", "documents"}. Out: {"seconds", "scores"} with one number per document in input order; "scale" says whether they are
logits or sigmoids. Each is called as its documentation tells its users to, at 512 tokens and on all cores."""
import json, os, shutil, sys, tempfile, time

os.environ["HF_HUB_OFFLINE"] = "1"
name, model = sys.argv[1], os.path.abspath(sys.argv[2])
replies = os.fdopen(os.dup(1), "w", buffering=1)
os.dup2(2, 1)  # what libraries print is no reply


def sentence_transformers():
    from sentence_transformers import CrossEncoder
    encoder = CrossEncoder(model, max_length=512, device="cpu")
    import torch
    return lambda query, documents: encoder.predict(
        [(query, document) for document in documents], batch_size=32, show_progress_bar=False, activation_fn=torch.nn.Identity()).tolist()


def flashrank():
    import flashrank.Config as config
    from flashrank import Ranker, RerankRequest
    cache = tempfile.mkdtemp()
    os.makedirs(f"{cache}/peer")
    for file in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(f"{model}/{file}", f"{cache}/peer")
    with open(f"{cache}/peer/special_tokens_map.json", "w") as file:
        json.dump({kind + "_token": f"[{kind.upper()}]" for kind in ("cls", "mask", "pad", "sep", "unk")}, file)
    shutil.copy(f"{model}/onnx/model.onnx", f"{cache}/peer/model.onnx")
    config.model_file_map["peer"] = "model.onnx"
    ranker = Ranker(model_name="peer", cache_dir=cache, max_length=512)

    def rerank(query, documents):
        passages = [{"id": index, "text": document} for index, document in enumerate(documents)]
        ranked = ranker.rerank(RerankRequest(query=query, passages=passages))
        return [float(item["score"]) for item in sorted(ranked, key=lambda item: item["id"])]
    return rerank


def fastembed():
    from fastembed.common.model_description import ModelSource
    from fastembed.rerank.cross_encoder import TextCrossEncoder
    TextCrossEncoder.add_custom_model(model="local/peer", model_file="onnx/model.onnx", sources=ModelSource(hf="local/peer"))
    encoder = TextCrossEncoder(model_name="local/peer", specific_model_path=model, local_files_only=True)
    return lambda query, documents: [float(score) for score in encoder.rerank(query, documents, batch_size=32)]


def rust_tokenizer():
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(f"{model}/tokenizer.json")
    tokenizer.no_padding()
    tokenizer.enable_truncation(512)
    return tokenizer


def openvino(precision):
    import numpy, openvino
    core = openvino.Core()
    compiled = core.compile_model(f"{model}/onnx/model.onnx", "CPU", {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "THROUGHPUT"})
    queue = openvino.AsyncInferQueue(compiled, compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))
    tokenizer = rust_tokenizer()

    def rerank(query, documents):
        encoded = tokenizer.encode_batch([(query, document) for document in documents])
        scores = [0.0] * len(documents)

        def store(request, index):
            scores[index] = float(request.get_output_tensor(0).data.ravel()[0])
        queue.set_callback(store)
        for index in sorted(range(len(documents)), key=lambda index: -len(encoded[index].ids)):
            pair = encoded[index]
            queue.start_async({"input_ids": numpy.array([pair.ids]), "attention_mask": numpy.array([pair.attention_mask]),
                               "token_type_ids": numpy.array([pair.type_ids])}, index)
        queue.wait_all()
        return scores
    return rerank


def plain_onnxruntime():
    import numpy, onnxruntime
    session = onnxruntime.InferenceSession(f"{model}/onnx/model.onnx", providers=["CPUExecutionProvider"])
    tokenizer = rust_tokenizer()
    tokenizer.enable_padding()

    def rerank(query, documents):
        scores = []
        for start in range(0, len(documents), 32):
            batch = tokenizer.encode_batch([(query, document) for document in documents[start:start + 32]])
            feeds = {"input_ids": [pair.ids for pair in batch], "attention_mask": [pair.attention_mask for pair in batch],
                     "token_type_ids": [pair.type_ids for pair in batch]}
            logits = session.run(None, {key: numpy.array(value, dtype=numpy.int64) for key, value in feeds.items()})[0]
            scores += logits[:, 0].tolist()
        return scores
    return rerank


contenders = {
    "sentence-transformers": ("logit", sentence_transformers),
    "flashrank": ("sigmoid", flashrank),
    "fastembed": ("logit", fastembed),
    "openvino-f32": ("logit", lambda: openvino("f32")),
    "openvino-bf16": ("logit", lambda: openvino("bf16")),
    "onnxruntime": ("logit", plain_onnxruntime),
}
scale, make = contenders[name]
rerank = make()
print(json.dumps({"scale": scale}), file=replies)
for line in sys.stdin:
    request = json.loads(line)
    start = time.perf_counter()
    scores = rerank(request["query"], request["documents"])
    print(json.dumps({"seconds": time.perf_counter() - start, "scores": scores}), file=replies)
