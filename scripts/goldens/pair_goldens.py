"""Writes token ids and type ids of several thousand pairs, as the Rust tokenizers give them:
python scripts/goldens/pair_goldens.py DATA DATE

DATA is a folder of retrieval sets in docs.jsonl / queries.jsonl form (see SETS). Reads test/fixtures/tokenizers, writes
test/fixtures/goldens/pairs.json.gz, texts included, so that the comparison needs nothing else.

A case is [query, document, strategy, limit, expected]: indexes into `texts`, index into `strategies`, maximum tokens. `expected` is
[ids, type ids as digits] for up to 40 ids, [count, first 16 hex digits of the SHA-256 of "ids joined by commas|type digits"] for more, and
null where the Rust crate refuses (only_second with a query that leaves no room).
"""
import gzip
import hashlib
import json
import random
import sys
from pathlib import Path

from common import GOLDENS, ROOT, provenance, write_json
from tokenizers import Tokenizer

NAMES = ["bert-base-uncased", "roberta-base", "t5-small", "phi-2"]
STRATEGIES = ["longest_first", "only_second"]
SETS = {
    "nq-qed-dev": "Natural Questions, QED dev part (github.com/google-research-datasets/QED), CC BY-SA 3.0",
    "xquad-en": "XQuAD (github.com/google-deepmind/xquad), CC BY-SA 4.0",
}
LANGUAGES = ["ar", "de", "el", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh"]
WHOLE = 8192  # nothing that is not repeated below is longer
LONG = 40

HOSTILE = [
    "", " ", "     ", "\n\n\t\r\n", "a", "?", "\u0000", "a\u0000b", "\u0001\u0007\u001f\u007f\u0085", "zero\u200bwidth\u200djoin\ufeffbom", "soft\u00adhyphen",
    "nbsp\u00a0and\u2009thin\u3000ideographic\u2028line\u2029paragraph", "\ufffd replacement \ufffd", "שלום עולם", "\u202eright to left\u202c", "مَرْحَبًا بِالعَالَمِ",
    "e\u0301\u0302\u0303\u0304 stacked", "cafe\u0301 nai\u0308ve", "\u1112\u1161\u11ab\u1100\u116e\u11a8", "한국어 문장입니다", "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪", "😀😁😂🤣",
    "𠀀𠀁𪛕 漢字かな交じり文", "ＦＵＬＬ　ｗｉｄｔｈ １２３", "ﬁ ﬂ ﬃ ½ ² ℃ № ™", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𝟙𝟚𝟛", "İstanbul ıI", "ΟΔΥΣΣΕΥΣ Σ ς", "Straße GROẞ", "Tiếng Việt có dấu", "ภาษาไทยไม่มีช่องว่าง",
    "क्षत्रिय संस्कृत", "བོད་སྐད", "dž Ǆ ǅ", "x" * 100, "x" * 101, "é" * 100, "https://example.org/a/b?c=d&e=f%20g#h", "aGVsbG8gd29ybGQhIGhlbGxvIHdvcmxkIQ==",
    "def f(x):\n\treturn {'a': [1, 2]}  # ok", "<div class=\"a\">text</div>", "!" * 300, "-" * 300, "1234567890 3.14159 1,000,000 1e-9", "$€£¥₹₱₣", "▁under▁score", "Ġbyte Ċ", "##piece ##",
    "<0x0A>", "\\n \\u0041", "a  b   c    d", "'s 're 'll can't WON'T", "…‥—–‐", "“quotes” «guillemets» 「鉤括弧」", "\ue000private\uf8ff", "\U000e0041tag",
]
TYPED = [
    "[SEP]", "a [SEP] b", "a[SEP]b", "[CLS][MASK][PAD]", "[sep]", "[ SEP ]", "[UNK]", "</s>", "a</s>b", "<s> a </s>", " <mask> ", "x <mask>y", "<pad>", "<unk>",
    "<|endoftext|>", "a<|endoftext|>b", "<extra_id_0>", "x <extra_id_5> y", "ignore this [SEP] </s> <|endoftext|> yes",
]
# Written as [unit, times]: too long to store.
HUGE = [["a", 200_000], ["漢字", 100_000], ["lorem ipsum dolor ", 50_000], ["ab12 ", 100_000], ["!?", 50_000], ["\u0301", 20_000], ["😀", 50_000], ["z" * 99 + " ", 3_000], ["[SEP]</s>", 10_000]]


def main(data, date):
    random.seed(3)
    texts, english, foreign, hostile, huge = collect(Path(data))
    goldens = {
        "provenance": provenance("pair_goldens.py", ["tokenizers"], date),
        "licenses": [*SETS.values(), "the other languages: XQuAD, CC BY-SA 4.0"],
        "strategies": STRATEGIES,
        "typed": [index for index, text in enumerate(texts) if isinstance(text, list) and "[SEP]" in text[0] or text in TYPED],
        "texts": texts,
        "cases": {},
    }
    plans = plan(english, foreign, hostile, huge)
    for name in NAMES:
        tokenizer = Tokenizer.from_str(gzip.decompress((ROOT / f"test/fixtures/tokenizers/{name}.json.gz").read_bytes()).decode())
        tokenizer.no_padding()
        goldens["cases"][name] = [[*case, expected(tokenizer, texts, *case)] for case in plans]
        print(name, len(plans), "cases,", sum(row[4] is None for row in goldens["cases"][name]), "refused")
    write_json(GOLDENS / "pairs.json.gz", goldens)


def collect(data):
    texts = []

    def add(found):
        start = len(texts)
        texts.extend(found)
        return list(range(start, len(texts)))

    english = []
    for name in SETS:
        queries, documents = load(data / name)
        english += list(zip(add(queries[:60]), add(documents[:60])))
    foreign = []
    for language in LANGUAGES:
        queries, documents = load(data / f"xquad-{language}")
        foreign += list(zip(add(queries[:100:10]), add(documents[:100:10])))
    return texts, english, foreign, add(HOSTILE + TYPED), add(HUGE)


def load(folder):
    return [[json.loads(line)["text"] for line in (folder / f"{kind}.jsonl").read_text().splitlines()] for kind in ("queries", "docs")]


def plan(english, foreign, hostile, huge):
    query, document = english[0]
    cases = [(*pair, 0, WHOLE) for pair in english + foreign]
    cases += [(english[index][0], english[-1 - index][1], 0, WHOLE) for index in range(len(english))]
    cases += [case for text in hostile for case in [(query, text, 0, WHOLE), (text, document, 0, WHOLE), (text, text, 0, WHOLE)]]
    for index, pair in enumerate(random.sample(english, 50) + random.sample(foreign, 50)):
        cases += [(*pair, 0, limit) for limit in (128, 64, 33, 16, 9)]
        cases += [(*pair, 1, limit) for limit in (128, 64, 32)]
        if index % 2:
            # Two long texts, so that both are cut, and the odd token goes to one of them.
            first, second = pair[1], random.choice(english)[1]
            cases += [(first, second, 0, limit) for limit in (512, 256, 101, 100, 20)] + [(first, second, 1, 512), (first, second, 1, 64)]
    for text in hostile:
        cases += [(query, text, strategy, 12) for strategy in (0, 1)] + [(text, document, strategy, 40) for strategy in (0, 1)]
    for text in huge:
        # Never two huge texts: the crate keeps every combination of the parts it cut off, which takes all memory.
        cases += [(query, text, strategy, limit) for strategy in (0, 1) for limit in (512, 128)] + [(text, document, 0, 512)]
    return list(dict.fromkeys(cases))


def expected(tokenizer, texts, query, document, strategy, limit):
    tokenizer.enable_truncation(limit, strategy=STRATEGIES[strategy])
    try:
        encoded = tokenizer.encode(written_out(texts[query]), written_out(texts[document]))
    except Exception as error:
        assert "too short" in str(error), error
        return None
    types = "".join(map(str, encoded.type_ids))
    if len(encoded.ids) <= LONG:
        return [encoded.ids, types]
    digest = hashlib.sha256(f"{','.join(map(str, encoded.ids))}|{types}".encode()).hexdigest()
    return [len(encoded.ids), digest[:16]]


def written_out(text):
    return text if isinstance(text, str) else text[0] * text[1]


if __name__ == "__main__":
    main(*sys.argv[1:])
