"""A Qwen3 causal LM as onnx-community's graphs spell it: attention with cache and rotation in ONNX Runtime's GroupQueryAttention. For architectures.py.

@see https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.GroupQueryAttention
"""
import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper


def write_gqa_graph(model, path):
    config, state = model.config, {name: value.detach().numpy() for name, value in model.state_dict().items()}
    heads, kv_heads, size = config.num_attention_heads, config.num_key_value_heads, config.head_dim
    nodes, tensors, inputs, outputs = [], {}, [], []

    def constant(name, value):
        tensors[name] = numpy_helper.from_array(numpy.ascontiguousarray(value), name)
        return name

    def node(operator, *inputs, out, domain="", outputs=(), **attributes):
        nodes.append(helper.make_node(operator, list(inputs), [out, *outputs], domain=domain, name=out, **attributes))
        return out

    def linear(values, name, out):
        return node("MatMul", values, constant(f"{name}.weight", state[f"{name}.weight"].T), out=out)

    def norm(values, name, out):
        return node("SimplifiedLayerNormalization", values, constant(f"{name}.weight", state[f"{name}.weight"]), out=out, axis=-1, epsilon=config.rms_norm_eps)

    def head_norm(values, name, count, out):
        shape = constant(f"{out}.shape", numpy.array([0, 0, count, size]))
        split = node("Reshape", values, shape, out=f"{out}.split")
        return node("Reshape", norm(split, name, f"{out}.norm"), constant(f"{out}.flat", numpy.array([0, 0, count * size])), out=out)

    counted = node("ReduceSum", "attention_mask", constant("axis", numpy.array([1])), out="counted", keepdims=0)
    last = node("Cast", node("Sub", counted, constant("one", numpy.array(1)), out="last.long"), out="last", to=TensorProto.INT32)
    total = node("Gather", node("Shape", "attention_mask", out="mask.shape"), constant("one.place", numpy.array(1)), out="total.long")
    total = node("Cast", total, out="total", to=TensorProto.INT32)
    exponents = numpy.arange(0, size, 2) / size
    angles = numpy.arange(config.max_position_embeddings)[:, None] / config.rope_parameters["rope_theta"] ** exponents
    cosine, sine = constant("cosine", numpy.cos(angles).astype(numpy.float32)), constant("sine", numpy.sin(angles).astype(numpy.float32))

    hidden = node("Gather", constant("words", state["model.embed_tokens.weight"]), "input_ids", out="embedded")
    for layer in range(config.num_hidden_layers):
        at, here = f"model.layers.{layer}", f"layer{layer}"
        normal = norm(hidden, f"{at}.input_layernorm", f"{here}.in")
        query = head_norm(linear(normal, f"{at}.self_attn.q_proj", f"{here}.q.all"), f"{at}.self_attn.q_norm", heads, f"{here}.q")
        key = head_norm(linear(normal, f"{at}.self_attn.k_proj", f"{here}.k.all"), f"{at}.self_attn.k_norm", kv_heads, f"{here}.k")
        value = linear(normal, f"{at}.self_attn.v_proj", f"{here}.v")
        past, present = ([f"{kind}.{layer}.{part}" for part in ("key", "value")] for kind in ("past_key_values", "present"))
        mixed = node(
            "GroupQueryAttention", query, key, value, *past, last, total, cosine, sine, out=f"{here}.mixed", outputs=present, domain="com.microsoft",
            num_heads=heads, kv_num_heads=kv_heads, do_rotary=1, rotary_interleaved=0, scale=size**-0.5,
        )
        hidden = node("Add", hidden, linear(mixed, f"{at}.self_attn.o_proj", f"{here}.o"), out=f"{here}.attended")
        normal = norm(hidden, f"{at}.post_attention_layernorm", f"{here}.post")
        gate = linear(normal, f"{at}.mlp.gate_proj", f"{here}.gate")
        active = node("Mul", gate, node("Sigmoid", gate, out=f"{here}.sigmoid"), out=f"{here}.silu")
        both = node("Mul", active, linear(normal, f"{at}.mlp.up_proj", f"{here}.up"), out=f"{here}.both")
        hidden = node("Add", hidden, linear(both, f"{at}.mlp.down_proj", f"{here}.down"), out=f"{here}.out")
        inputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch_size", kv_heads, "past_sequence_length", size]) for name in past]
        outputs += [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch_size", kv_heads, "total_sequence_length", size]) for name in present]
    hidden = norm(hidden, "model.norm", "final")
    node("MatMul", hidden, constant("lm_head", state["model.embed_tokens.weight"].T), out="logits")

    ids = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch_size", "sequence_length"]),
           helper.make_tensor_value_info("attention_mask", TensorProto.INT64, ["batch_size", "total_sequence_length"])]
    logits = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch_size", "sequence_length", config.vocab_size])
    graph = helper.make_graph(nodes, "graph", [*ids, *inputs], [logits, *outputs], list(tensors.values()))
    onnx.save(helper.make_model(graph, ir_version=10, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]), path)
