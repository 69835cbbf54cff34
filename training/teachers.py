"""Sentence vectors of the teachers: python teachers.py WORK JAR [JAR ...]; writes WORK/<jar>.npz where it is missing."""

import pickle
import sys
import time
from pathlib import Path

import numpy as np

import encoders

WORK = Path(sys.argv[1])
texts = pickle.loads((WORK / "raw.pickle").read_bytes())
for jar in map(Path, sys.argv[2:]):
    written = WORK / f"{jar.stem}.npz"
    if written.exists():
        continue
    start = time.time()
    teacher = encoders.Teacher(jar)
    vectors = {
        "queries": teacher.encode(texts["queries"], "query", 64),
        "documents": teacher.encode(texts["documents"], "document", 160),
    }
    np.savez(written, **vectors)
    print(jar.name, f"{time.time() - start:.0f} s", flush=True)
