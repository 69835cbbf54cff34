"""Writes tiny random-weight models of more architectures and heads, and their reference scores: python scripts/goldens/architectures.py DATE

Tokenizers, sizes and pairs are those of tiny_models.py. Output: test/fixtures/models/<name>/ and test/fixtures/goldens/architectures.json.
Each graph has the inputs and outputs of the hub's own exports; weights are seeded, so that the same versions (requirements.txt) write the same
numbers. References, all in float32 and one pair at a time:

- sentence-transformers' CrossEncoder for classification heads and for the module head of the Ettin rerankers;
- transformers' causal LMs on the token ids of each publisher's own prompt code, written out below with its source;
- sentence-transformers' MultiVectorEncoder for ColBERT, from a checkpoint in Stanford's form;
- onnxruntime on the fixture's own graph for the dynamically quantized one;
- numpy_reference.py for JinaBERT and GTE "new", whose code is not in transformers: ours, read from the publishers' modeling files.
"""
import json
import shutil
import string
import sys
import tempfile

import numpy
import onnxruntime
import torch
from common import GOLDENS, provenance, write_json
from gqa_graph import write_gqa_graph
from numpy_reference import gte_new_logit, jina_bert_logit
from onnxruntime.quantization import QuantType, quantize_dynamic
from own_modules import GteNewForSequenceClassification, JinaBertForSequenceClassification
from prompts import BGE_PROMPT, MXBAI_PREFIX, MXBAI_SUFFIX, MXBAI_TASK, QWEN3_INSTRUCTION, QWEN3_PREFIX, QWEN3_SUFFIX, gemma_ids, mxbai_ids, qwen3_ids
from safetensors.torch import save_file
from sentence_transformers import CrossEncoder, MultiVectorEncoder
from sentence_transformers.base.modules import Dense, Transformer
from sentence_transformers.sentence_transformer.modules import LayerNorm, Pooling
from tiny_models import (
    LONG, MAX_LENGTH, OUT, PAIRS, POSITIONS, SENTENCES, byte_pairs, copy_but_graph, export, reference_logits, sizes, state_of, template, unigram,
    word_counts, word_piece, wrap, write_folder,
)
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from transformers import (
    AlbertConfig, AlbertForSequenceClassification, BertConfig, BertModel, DebertaV2Config, DebertaV2ForSequenceClassification, DynamicCache,
    ElectraConfig, ElectraForSequenceClassification, GemmaConfig, GemmaForCausalLM, ModernBertConfig, ModernBertForSequenceClassification,
    ModernBertModel, MPNetConfig, MPNetForSequenceClassification, PretrainedConfig, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM,
    Qwen3ForSequenceClassification,
)

QUERY = "How to train a dog"
# The pairs of tiny_models.py, and one query with all their documents: what shares a call.
ALL_PAIRS = [*PAIRS, *((QUERY, document) for _, document in PAIRS[3:])]
INSTRUCTION = "Find what a dog's owner would read"
DOCUMENT_LENGTH = 24  # of ColBERT's goldens: some documents are cut


# Tokenizers of the kinds that tiny_models.py has not.


def with_special(vocab, *tokens):
    return dict.fromkeys([*tokens, *vocab])


def deberta_like():
    """Unigram pieces in BERT's frame, with types: DeBERTa-v2's and ALBERT's tokenizers."""
    tokenizer = Tokenizer.from_str(unigram().backend_tokenizer.to_str())
    model = json.loads(tokenizer.to_str())
    special = {"<s>": "[CLS]", "<pad>": "[PAD]", "</s>": "[SEP]", "<unk>": "[UNK]", "<mask>": "[MASK]"}
    pieces = [(special.get(piece, piece), score) for piece, score in model["model"]["vocab"]]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=3))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.post_processor = template("[CLS]", "[SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1", tokenizer)
    tokenizer.decoder = decoders.Metaspace()
    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    return wrap(tokenizer, pad="[PAD]", unk="[UNK]", cls="[CLS]", sep="[SEP]", mask="[MASK]", inputs=inputs)


def mpnet_like():
    """BERT's pieces in RoBERTa's frame: MPNet's tokenizer."""
    vocab = [piece for piece in sorted(word_piece().get_vocab().items(), key=lambda entry: entry[1]) if not piece[0].startswith("[")]
    pieces = with_special([piece for piece, _ in vocab], "<s>", "<pad>", "</s>", "[UNK]", "<mask>")
    tokenizer = Tokenizer(models.WordPiece({piece: index for index, piece in enumerate(pieces)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    tokenizer.decoder = decoders.WordPiece()
    return wrap(tokenizer, pad="<pad>", unk="[UNK]", cls="<s>", sep="</s>", mask="<mask>")


# https://huggingface.co/Qwen/Qwen3-0.6B/blob/main/tokenizer.json pre_tokenizer
QWEN_WORDS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
PROMPT_WORDS = [QWEN3_PREFIX, QWEN3_SUFFIX, QWEN3_INSTRUCTION, MXBAI_PREFIX, MXBAI_TASK, BGE_PROMPT, "<Instruct>: <Query>: <Document>: query: document: instruction:"]


def byte_pair_merges(tokenizer, wanted, texts, words=()):
    """Merges that make each of `words` one token, then the most frequent ones."""
    counts = word_counts(tokenizer)
    for text in texts:
        counts.update(word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(text))
    merges = [(word[:end], word[end]) for word in words for end in range(1, len(word))]
    return [*merges, *(pair for pair in byte_pairs(counts, wanted) if pair not in merges)]


def qwen_like():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(QWEN_WORDS), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    merges = byte_pair_merges(tokenizer, 500, PROMPT_WORDS, ["yes", "no", "?Ċ"])  # "?" and a line's end are one token in Qwen, too
    vocab = dict.fromkeys([*sorted(pre_tokenizers.ByteLevel.alphabet()), *("".join(pair) for pair in merges)])
    tokenizer.model = models.BPE({piece: index for index, piece in enumerate(vocab)}, merges)
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]])
    tokenizer.add_tokens([AddedToken(token, special=False, normalized=False) for token in ["<think>", "</think>"]])
    return wrap_causal(tokenizer, pad_token="<|endoftext|>", eos_token="<|im_end|>")


def gemma_like():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", behavior="merged_with_previous")
    bytes_ = [f"<0x{value:02X}>" for value in range(256)]
    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    merges = byte_pair_merges(words, 400, [BGE_PROMPT, "A: B: Yes No"], ["Yes"])
    letters = sorted({letter for sentence in [*SENTENCES, BGE_PROMPT, "A: B: Yes No \n"] for letter in sentence.replace(" ", "▁")})
    vocab = dict.fromkeys(["<pad>", "<eos>", "<bos>", "<unk>", *bytes_, *letters, *("".join(pair) for pair in merges)])
    tokenizer.model = models.BPE({piece: index for index, piece in enumerate(vocab)}, merges, unk_token="<unk>", byte_fallback=True, fuse_unk=True)
    tokenizer.post_processor = processors.TemplateProcessing(single="<bos> $A", pair="<bos> $A <bos>:1 $B:1", special_tokens=[("<bos>", 2)])
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return wrap_causal(tokenizer, pad_token="<pad>", eos_token="<eos>", bos_token="<bos>", unk_token="<unk>")


def wrap_causal(tokenizer, **tokens):
    from transformers import PreTrainedTokenizerFast
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, model_max_length=512, model_input_names=["input_ids", "attention_mask"], padding_side="left", **tokens,
    )


# Classification heads.


def build(seed, tokenizer, config, names):
    """A model of a tokenizer and a pair of its configuration and its class, written as a folder."""
    def write(folder):
        torch.manual_seed(seed)
        tokens = tokenizer()
        configuration, kind = config(tokens)
        export(folder, tokens, kind(configuration).eval(), names)
    return write


BASE = ["input_ids", "attention_mask"]
TYPED = [*BASE, "token_type_ids"]


def deberta_v2(tokens):
    # As in DeBERTa-v3: relative positions in (here few) logarithmic buckets, keys shared with the content's, no types.
    return DebertaV2Config(**sizes(
        tokens, 1, max_position_embeddings=POSITIONS, type_vocab_size=0, relative_attention=True, position_buckets=4, norm_rel_ebd="layer_norm",
        share_att_key=True, pos_att_type=["p2c", "c2p"], position_biased_input=False, max_relative_positions=-1, pooler_hidden_size=32,
    )), DebertaV2ForSequenceClassification


def deberta_v2_conv(tokens):
    # As in DeBERTa-v2: a convolution beside the first layer, and types.
    config, kind = deberta_v2(tokens)
    config.conv_kernel_size, config.conv_act, config.type_vocab_size = 3, "gelu", 2
    return config, kind


def modern_bert_config(tokens, pooling="mean", labels=1):
    # Windows of 8 tokens in two layers of three, so that pairs are longer than them.
    config = ModernBertConfig(**{
        **sizes(tokens, labels, max_position_embeddings=POSITIONS), "num_hidden_layers": 4, "global_attn_every_n_layers": 3, "local_attention": 8,
        "classifier_pooling": pooling, "cls_token_id": tokens.cls_token_id, "sep_token_id": tokens.sep_token_id, "bos_token_id": None, "eos_token_id": None,
    })
    config.initializer_cutoff_factor = 2.0
    return config


def modern_bert_tokenizer():
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    merges = byte_pairs(word_counts(tokenizer), 160)
    vocab = [*sorted(pre_tokenizers.ByteLevel.alphabet()), *("".join(pair) for pair in merges)]
    tokenizer.model = models.BPE({piece: index for index, piece in enumerate(dict.fromkeys(vocab))}, merges)
    # At the end of the vocabulary, as published.
    tokenizer.add_special_tokens([AddedToken(token, special=True, lstrip=token == "[MASK]") for token in ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]])
    tokenizer.post_processor = template("[CLS]", "[SEP]", "[CLS] $A [SEP] $B [SEP]", tokenizer)
    tokenizer.decoder = decoders.ByteLevel()
    return wrap(tokenizer, pad="[PAD]", unk="[UNK]", cls="[CLS]", sep="[SEP]", mask="[MASK]")


def electra(tokens):
    return ElectraConfig(**sizes(tokens, 1, max_position_embeddings=POSITIONS, embedding_size=16)), ElectraForSequenceClassification


def mpnet(tokens):
    return MPNetConfig(**sizes(tokens, 1, max_position_embeddings=POSITIONS + 2, bos_token_id=0, eos_token_id=2)), MPNetForSequenceClassification


def albert(tokens):
    more = {"num_hidden_layers": 3, "embedding_size": 16, "classifier_dropout_prob": 0.0}
    return AlbertConfig(**{**sizes(tokens, 1, max_position_embeddings=POSITIONS), **more}), AlbertForSequenceClassification


def ettin(folder):
    """ModernBERT's body; the head is in modules of sentence-transformers: first token, Dense with GELU, LayerNorm, Dense(1)."""
    torch.manual_seed(56)
    tokens = modern_bert_tokenizer()
    body = ModernBertModel(modern_bert_config(tokens)).eval()
    dense, norm, last = torch.nn.Linear(32, 32), torch.nn.LayerNorm(32), torch.nn.Linear(32, 1)
    torch.nn.init.normal_(norm.weight, 1, 0.3)
    torch.nn.init.normal_(last.weight, 0, 1)

    class Whole(torch.nn.Module):
        config = body.config

        def __init__(self):
            super().__init__()
            self.body, self.dense, self.norm, self.last = body, dense, norm, last

        def forward(self, input_ids, attention_mask):
            first = self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state[:, 0]
            return Output(self.last(self.norm(torch.nn.functional.gelu(self.dense(first)))))

    whole = Whole().eval()
    export(folder, tokens, whole, BASE)
    ETTIN.update(body=body, dense=dense, norm=norm, last=last)


ETTIN = {}


class Output:
    def __init__(self, logits):
        self.logits = logits


def ettin_logits(_name):
    with tempfile.TemporaryDirectory() as folder:
        ETTIN["body"].save_pretrained(folder)
        modern_bert_tokenizer().save_pretrained(folder)
        transformer = Transformer(folder, max_seq_length=MAX_LENGTH)
        width = 32
        modules = [
            transformer, Pooling(width, pooling_mode="cls"),
            Dense(width, width, activation_function=torch.nn.GELU()),
            LayerNorm(width), Dense(width, 1, activation_function=torch.nn.Identity(), module_output_name="scores"),
        ]
        modules[2].linear.load_state_dict(ETTIN["dense"].state_dict())
        modules[3].norm.load_state_dict(ETTIN["norm"].state_dict())
        modules[4].linear.load_state_dict(ETTIN["last"].state_dict())
        encoder = CrossEncoder(modules=modules, device="cpu")
        return [float(encoder.predict([pair], activation_fn=torch.nn.Identity(), convert_to_numpy=True).reshape(-1)[0]) for pair in ALL_PAIRS]


def untyped(folder):
    """tiny-bert, whose graph has the input token_type_ids, with a tokenizer that does not name it."""
    copy_but_graph("tiny-bert", folder)
    shutil.copy(OUT / "tiny-bert/onnx/model.onnx", folder / "onnx/model.onnx")
    path = folder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "model_input_names": BASE}, indent=2) + "\n")
    # The weights of tiny_models.py, made again.
    torch.manual_seed(21)
    from transformers import BertForSequenceClassification
    torch.save(BertForSequenceClassification(BertConfig(**sizes(word_piece(), 1, max_position_embeddings=POSITIONS))).state_dict(), state_of(folder.name))


# Architectures of remote code.


def own(seed, tokenizer, kind, names, **more):
    def write(folder):
        torch.manual_seed(seed)
        tokens = tokenizer()
        config = PretrainedConfig(**{**sizes(tokens, 1, max_position_embeddings=POSITIONS), **more})
        model = kind(config).eval()
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                parameter.normal_(1 if name.endswith("norm.weight") else 0, 0.3)
        export(folder, tokens, model, names)
        OWN[folder.name] = {name: value.numpy() for name, value in model.state_dict().items()}, config, tokens
    return write


OWN = {}


def numpy_logits(logit):
    def all_logits(name):
        weights, config, tokens = OWN[name]
        rows = []
        for query, document in ALL_PAIRS:
            # As a batch of one: alone, an empty document counts as none.
            encoded = tokens([(query, document)], truncation="longest_first", max_length=MAX_LENGTH, return_token_type_ids=True)
            rows.append(logit(weights, config, encoded["input_ids"][0], encoded["token_type_ids"][0]))
        return rows
    return all_logits


# Causal LMs.


def causal(seed, tokenizer, config, kind, has_cache, **more):
    """A decoder as the hub exports it: with empty key–value caches to feed (onnx-community), or without."""
    def write(folder):
        torch.manual_seed(seed)
        tokens = tokenizer()
        size = dict(
            vocab_size=len(tokens), hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2, head_dim=16,
            max_position_embeddings=512, initializer_range=0.3, pad_token_id=tokens.pad_token_id, bos_token_id=tokens.bos_token_id,
            eos_token_id=tokens.eos_token_id, attn_implementation="eager", **more,
        )
        model = kind(config(**size)).eval()
        CAUSAL[folder.name] = model, tokens
        write_folder(folder, tokens, model)
        if has_cache:
            export_with_cache(folder, model)
        else:
            export_plain(folder, model)
    return write


CAUSAL = {}


class WithCache(torch.nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, input_ids, attention_mask, position_ids, *past):
        cache = DynamicCache()
        for layer in range(len(past) // 2):
            cache.update(past[2 * layer], past[2 * layer + 1], layer)
        out = self.inner(input_ids=input_ids, attention_mask=causal_mask(attention_mask, input_ids), position_ids=position_ids, past_key_values=cache)
        present = [part for layer in out.past_key_values.layers for part in (layer.keys, layer.values)]
        return (out.logits, *present)


def causal_mask(attention_mask, input_ids):
    """The mask of the eager implementation, which a trace of transformers' own would fix to the traced length."""
    total, length = attention_mask.shape[1], input_ids.shape[1]
    positions = torch.arange(total, device=input_ids.device)
    seen = positions[None, :] <= positions[total - length:][:, None]
    allowed = seen[None, None] & attention_mask.bool()[:, None, None, :]
    return torch.where(allowed, 0.0, torch.finfo(torch.float32).min)


def export_with_cache(folder, model):
    layers = model.config.num_hidden_layers
    ids = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 12]])
    past = [torch.randn(2, model.config.num_key_value_heads, 3, model.config.head_dim) for _ in range(2 * layers)]
    names = [f"{layer}.{part}" for layer in range(layers) for part in ("key", "value")]
    axes = {
        "input_ids": {0: "batch_size", 1: "sequence_length"}, "position_ids": {0: "batch_size", 1: "sequence_length"},
        "attention_mask": {0: "batch_size", 1: "total_sequence_length"}, "logits": {0: "batch_size", 1: "sequence_length"},
        **{f"past_key_values.{name}": {0: "batch_size", 2: "past_sequence_length"} for name in names},
        **{f"present.{name}": {0: "batch_size", 2: "total_sequence_length"} for name in names},
    }
    torch.onnx.export(
        WithCache(model), (ids, torch.ones(2, 7, dtype=torch.long), torch.arange(3, 7).expand(2, 4), *past), str(folder / "onnx/model.onnx"),
        input_names=["input_ids", "attention_mask", "position_ids", *(f"past_key_values.{name}" for name in names)],
        output_names=["logits", *(f"present.{name}" for name in names)], dynamic_axes=axes, opset_version=17, dynamo=False,
    )


class Plain(torch.nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, input_ids, attention_mask):
        # Counted over real tokens, as transformers does in generating and optimum in exporting: padding on the left moves nothing.
        positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
        mask = causal_mask(attention_mask, input_ids)
        if not hasattr(self.inner, "score"):
            return self.inner(input_ids=input_ids, attention_mask=mask, position_ids=positions, use_cache=False).logits
        # The last token that is no padding, as transformers' sequence classification takes it.
        hidden = self.inner.model(input_ids=input_ids, attention_mask=mask, position_ids=positions, use_cache=False).last_hidden_state
        token_indexes = torch.arange(input_ids.shape[1])
        last = ((input_ids != self.inner.config.pad_token_id) * token_indexes).argmax(-1)
        return self.inner.score(hidden)[torch.arange(input_ids.shape[0]), last]


def export_plain(folder, model):
    ids = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 12]])
    axes = {name: {0: "batch_size", 1: "sequence_length"} for name in [*BASE, *([] if hasattr(model, "score") else ["logits"])]}
    axes.setdefault("logits", {0: "batch_size"})
    torch.onnx.export(
        Plain(model), (ids, torch.ones_like(ids)), str(folder / "onnx/model.onnx"), input_names=BASE, output_names=["logits"], dynamic_axes=axes,
        opset_version=17, dynamo=False,
    )


def causal_scores(ids_of, score):
    """Scores of transformers' own model on the ids of the publisher's code, and these ids."""
    def all_scores(name):
        model, tokens = CAUSAL[name]
        limit = LIMITS[name]
        rows = [ids_of(tokens, query, document, limit) for query, document in ALL_PAIRS]
        with torch.no_grad():
            scores = [None if ids is None else float(score(tokens, model(input_ids=torch.tensor([ids])).logits[0])) for ids in rows]
        return scores, rows
    return all_scores


def quantized(source):
    def write(folder):
        copy_but_graph(source, folder)
        # reduce_range: as in tiny_models.py.
        quantize_dynamic(OUT / source / "onnx/model.onnx", folder / "onnx/model.onnx", weight_type=QuantType.QInt8, reduce_range=True)
    return write


def group_query(source):
    """The same weights in the graph of gqa_graph.py."""
    def write(folder):
        copy_but_graph(source, folder)
        CAUSAL[folder.name] = CAUSAL[source]
        write_gqa_graph(CAUSAL[source][0], folder / "onnx/model.onnx")
    return write


def graph_scores(source, ids_of, score):
    """Scores of the fixture's own graph, which onnxruntime runs whole."""
    def all_scores(name):
        tokens, limit = CAUSAL[source][1], LIMITS[name]
        session = onnxruntime.InferenceSession(str(OUT / name / "onnx/model.onnx"), providers=["CPUExecutionProvider"])
        caches = {entry.name: numpy.zeros((1, entry.shape[1], 0, entry.shape[3]), numpy.float32) for entry in session.get_inputs() if entry.name.startswith("past")}
        rows = [ids_of(tokens, query, document, limit) for query, document in ALL_PAIRS]
        scores = []
        for ids in rows:
            if ids is None:
                scores.append(None)
                continue
            feeds = {"input_ids": numpy.array([ids]), "attention_mask": numpy.ones((1, len(ids)), numpy.int64), "position_ids": numpy.arange(len(ids))[None]}
            scores.append(float(score(tokens, session.run(["logits"], {**feeds, **caches})[0][0])))
        return scores, rows
    return all_scores


def difference(true, false):
    """sentence-transformers' LogitScore: the last position's logit of one token, minus that of the other."""
    def score(tokens, logits):
        true_id, false_id = tokens.convert_tokens_to_ids([true, false])
        return logits[-1, true_id] - logits[-1, false_id]
    return score


def only_true(true):
    return lambda tokens, logits: logits[-1, tokens.convert_tokens_to_ids(true)]


# Late interaction.


def colbert(folder):
    torch.manual_seed(80)
    tokens = colbert_tokenizer()
    config = BertConfig(**{**sizes(tokens, 1, max_position_embeddings=POSITIONS)})
    body = BertModel(config, add_pooling_layer=False).eval()
    linear = torch.nn.Linear(32, 16, bias=False)

    class Whole(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.linear = body, linear

        def forward(self, input_ids, attention_mask, token_type_ids):
            hidden = self.body(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).last_hidden_state
            return torch.nn.functional.normalize(self.linear(hidden), dim=-1)

    body.config.architectures = ["HF_ColBERT"]
    (folder / "onnx").mkdir(parents=True)
    body.config.save_pretrained(folder)
    tokens.save_pretrained(folder)
    for extra in folder.glob("*"):
        if extra.name not in {"config.json", "tokenizer.json", "tokenizer_config.json", "onnx"}:
            extra.unlink()
    ids = torch.tensor([[5, 6, 7, 8], [9, 10, 11, 12]])
    # The output's name is that of vespa_colbert.onnx in the repository of answerai-colbert-small-v1.
    axes = {name: {0: "batch", 1: "tokens"} for name in [*TYPED, "contextual"]}
    torch.onnx.export(
        Whole().eval(), (ids, torch.ones_like(ids), torch.zeros_like(ids)), str(folder / "onnx/model.onnx"), input_names=TYPED, output_names=["contextual"],
        dynamic_axes=axes, opset_version=17, dynamo=False,
    )
    COLBERT.update(body=body, linear=linear, folder=folder)


COLBERT = {}


def colbert_tokenizer():
    tokens = word_piece()
    tokenizer = json.loads(tokens.backend_tokenizer.to_str())
    vocab = tokenizer["model"]["vocab"]
    for token in ["[unused0]", "[unused1]", *string.punctuation]:
        vocab.setdefault(token, len(vocab))
    inputs = ["input_ids", "token_type_ids", "attention_mask"]
    return wrap(Tokenizer.from_str(json.dumps(tokenizer)), pad="[PAD]", unk="[UNK]", cls="[CLS]", sep="[SEP]", mask="[MASK]", inputs=inputs)


def colbert_scores(_name):
    with tempfile.TemporaryDirectory() as folder:
        for file in ["config.json", "tokenizer.json", "tokenizer_config.json"]:
            shutil.copy(COLBERT["folder"] / file, folder)
        weights = {f"bert.{name}": value.contiguous() for name, value in COLBERT["body"].state_dict().items()}
        save_file({**weights, "linear.weight": COLBERT["linear"].weight.detach().contiguous()}, f"{folder}/model.safetensors", metadata={"format": "pt"})
        # The settings of answerai-colbert-small-v1, but for shorter documents.
        settings = {
            "query_token": "[unused0]", "doc_token": "[unused1]", "query_token_id": "[unused0]", "doc_token_id": "[unused1]", "query_maxlen": 32,
            "doc_maxlen": DOCUMENT_LENGTH, "mask_punctuation": True, "attend_to_mask_tokens": False, "dim": 16, "similarity": "cosine",
        }
        with open(f"{folder}/artifact.metadata", "w") as file:
            json.dump(settings, file)
        encoder = MultiVectorEncoder(folder, device="cpu")
        scores = []
        for query, document in ALL_PAIRS:
            scores.append(float(encoder.similarity(encoder.encode_query([query]), encoder.encode_document([document]))[0, 0]))
        return scores


def cross_encoder(name):
    return [row[0] for row in reference_logits(name, ALL_PAIRS)]


# Most tokens of a prompt: the template and some 40 for the texts, so that some are cut.
LIMITS = {}

MODELS = {
    "tiny-deberta-v2": (build(50, deberta_like, deberta_v2_conv, TYPED), cross_encoder),
    "tiny-deberta-v3": (build(51, deberta_like, deberta_v2, BASE), cross_encoder),
    "tiny-modernbert-mean": (build(52, modern_bert_tokenizer, lambda tokens: (modern_bert_config(tokens), ModernBertForSequenceClassification), BASE), cross_encoder),
    "tiny-modernbert-cls": (build(53, modern_bert_tokenizer, lambda tokens: (modern_bert_config(tokens, "cls"), ModernBertForSequenceClassification), BASE), cross_encoder),
    "tiny-ettin": (ettin, ettin_logits),
    "tiny-electra": (build(54, word_piece, electra, TYPED), cross_encoder),
    "tiny-mpnet": (build(55, mpnet_like, mpnet, BASE), cross_encoder),
    "tiny-albert": (build(57, deberta_like, albert, TYPED), cross_encoder),
    "tiny-bert-untyped": (untyped, cross_encoder),
    "tiny-jina-bert": (own(60, word_piece, JinaBertForSequenceClassification, TYPED, model_type="bert", position_embedding_type="alibi", feed_forward_type="geglu"), numpy_logits(jina_bert_logit)),
    "tiny-gte-new": (own(61, unigram, GteNewForSequenceClassification, BASE, model_type="new", type_vocab_size=1), numpy_logits(gte_new_logit)),
    "tiny-qwen2": (causal(70, qwen_like, Qwen2Config, Qwen2ForCausalLM, True, tie_word_embeddings=True), causal_scores(mxbai_ids, difference("1", "0"))),
    "tiny-qwen3": (causal(71, qwen_like, Qwen3Config, Qwen3ForCausalLM, True, tie_word_embeddings=True), causal_scores(qwen3_ids, difference("yes", "no"))),
    "tiny-qwen3-int8": (quantized("tiny-qwen3"), graph_scores("tiny-qwen3", qwen3_ids, difference("yes", "no"))),
    "tiny-qwen3-gqa": (group_query("tiny-qwen3"), causal_scores(qwen3_ids, difference("yes", "no"))),
    "tiny-gemma": (causal(72, gemma_like, GemmaConfig, GemmaForCausalLM, False), causal_scores(gemma_ids, only_true("Yes"))),
    "tiny-qwen3-classifier": (causal(73, qwen_like, Qwen3Config, Qwen3ForSequenceClassification, False, num_labels=1), causal_scores(qwen3_ids, lambda tokens, logits: logits[0])),
    "tiny-colbert": (colbert, colbert_scores),
}


def main(date):
    room = 61  # 3/4 of it is the same with and without Gemma's first token
    qwen, gemma = qwen_like(), gemma_like()
    LIMITS.update({
        "tiny-qwen2": len(mxbai_ids(qwen, "", "", 10_000)) + room,
        "tiny-qwen3": len(qwen3_ids(qwen, "", "", 10_000)) + room,
        "tiny-qwen3-int8": len(qwen3_ids(qwen, "", "", 10_000)) + room,
        "tiny-qwen3-gqa": len(qwen3_ids(qwen, "", "", 10_000)) + room,
        "tiny-qwen3-classifier": len(qwen3_ids(qwen, "", "", 10_000)) + room,
        "tiny-gemma": len(gemma(f"\n{BGE_PROMPT}", add_special_tokens=False)["input_ids"]) + room,
    })
    goldens = {
        "provenance": provenance("architectures.py", ["torch", "transformers", "sentence-transformers", "tokenizers", "onnx", "onnxruntime", "numpy"], date),
        "maxLength": MAX_LENGTH,
        "documentLength": DOCUMENT_LENGTH,
        "pairs": ALL_PAIRS,
        "models": {},
        # mxbai-rerank-v2's prompt with an instruction.
        "instructed": {
            "instruction": INSTRUCTION,
            "ids": [mxbai_ids(qwen, query, document, LIMITS["tiny-qwen2"], INSTRUCTION) for query, document in ALL_PAIRS],
        },
    }
    for name, (write, scores_of) in MODELS.items():
        shutil.rmtree(OUT / name, ignore_errors=True)
        write(OUT / name)
        scores = scores_of(name)
        scores, ids = scores if isinstance(scores, tuple) else (scores, None)
        goldens["models"][name] = {"scores": scores, **({"ids": ids, "maxLength": LIMITS[name]} if ids else {})}
        size = sum(file.stat().st_size for file in (OUT / name).rglob("*") if file.is_file())
        known = [score for score in scores if score is not None]
        print(f"{name}: {size / 1000:.0f} kB, {len(known)} scores, {min(known):.3f} to {max(known):.3f}", flush=True)
    write_json(GOLDENS / "architectures.json.gz", goldens)


if __name__ == "__main__":
    main(sys.argv[1])
