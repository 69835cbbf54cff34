"""The function that bench/peers/peer.py loads for a contender, for a server to call."""
import io, os, runpy, sys


def load(name):
    """(query, documents) → one score per document, in input order; the model's folder is in $BENCH_MODEL."""
    peer = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "peers", "peer.py")
    kept = sys.argv, sys.stdin
    # peer.py loads, then answers lines until its input ends: here it has none.
    sys.argv, sys.stdin = [peer, name, os.environ["BENCH_MODEL"]], io.StringIO()
    try:
        return runpy.run_path(peer)["rerank"]
    finally:
        sys.argv, sys.stdin = kept
