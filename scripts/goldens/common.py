"""What the golden scripts share: versions, the class of the processor, and files that come out the same every time."""
import gzip
import json
import platform
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GOLDENS = ROOT / "test/fixtures/goldens"


def provenance(script, packages, date):
    """Says where numbers come from; `date` is given by the caller so that a second run writes the same bytes."""
    return {
        "script": f"scripts/goldens/{script}",
        "date": date,
        "python": platform.python_version(),
        "packages": {name: version(name) for name in packages},
    }


def cpu_class():
    """The widest 8-bit dot product of this processor: int8 kernels round differently with and without it."""
    flags = set()
    if Path("/proc/cpuinfo").exists():
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith(("flags", "Features")):
                flags = set(line.split(":", 1)[1].split())
                break
    known = ["amx_int8", "avx512_vnni", "avx_vnni", "avx512f", "avx2", "i8mm", "asimddp"]
    return {"machine": platform.machine(), "flags": [flag for flag in known if flag in flags]}


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
    if path.suffix == ".gz":
        # No file name and no time in the header: the same content gives the same bytes.
        with open(path, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as packed:
            packed.write(text.encode())
    else:
        path.write_text(text)


def read_json(path):
    path = Path(path)
    return json.loads(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_text())
