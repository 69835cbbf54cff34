"""
Vendors' own Python clients against our server: python clients_test.py PACKAGE, in an environment that has it.

Stdin is what python.test.ts says of the server and of what the library ranks there. Each client is constructed as its documentation
says; only the base URL and the key are ours, and retries are left at their defaults. The last line of stdout is the number of calls made.
"""

import asyncio
import importlib.metadata
import json
import os
import sys
from dataclasses import dataclass
from typing import Any, Callable

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else it asks for a list of prices
os.environ["HF_HUB_OFFLINE"] = "1"

given = json.loads(sys.stdin.read()) if not sys.stdin.isatty() else {}
URL: str = given["url"]
KEY: str = given["apiKey"]
QUERY: str = given["query"]
DOCUMENTS: list[str] = given["documents"]
OBJECTS: list[dict] = given["objects"]
# Places with "index", "score" and "logit", best first, by what was ranked: documents, and objects by their title and their text.
RANKED: dict[str, list[dict]] = given["ranked"]
MAX_DOCUMENTS: int = given["maxDocuments"]

Places = list[tuple[int, float]]
calls = 0


@dataclass
class Call:
    model: str = "mini"
    documents: Any = None
    top_k: int | None = None
    key: str = KEY

    def __post_init__(self) -> None:
        if self.documents is None:
            self.documents = DOCUMENTS


@dataclass
class Client:
    """One way of calling the server."""

    name: str
    ask: Callable[[Call], Places]
    # What it raises for a status, by how its documentation says it; None: whatever it does, it does not tell the status.
    failures: dict[str, tuple[type, int]]
    # Whether its failures have the server's message.
    tells: bool = True
    cuts: bool = True
    score: str = "score"


def counted(function: Callable[[], Any]) -> Any:
    global calls
    calls += 1
    return function()


def equal(got: Places, wanted: list[dict], score: str = "score") -> None:
    assert [index for index, _ in got] == [result["index"] for result in wanted], (got, wanted)
    for (_, value), result in zip(got, wanted):
        assert abs(value - result[score]) < 1e-6, (got, wanted)


MESSAGES = {
    "unknown model": (Call(model="rerank-unheard-of"), "this server has none of that name. It serves mini."),
    "too many": (Call(documents=["a dog"] * (MAX_DOCUMENTS + 1)), f"at most {MAX_DOCUMENTS}, got {MAX_DOCUMENTS + 1}."),
    "wrong key": (Call(key="another-key"), "A valid API key is needed"),
}


def check(client: Client) -> None:
    """Order and scores, the limit, and the failures."""
    done = ["ranks"]
    before = calls
    equal(counted(lambda: client.ask(Call())), RANKED["documents"], client.score)
    if client.cuts:
        equal(counted(lambda: client.ask(Call(top_k=2))), RANKED["documents"][:2], client.score)
        done.append("cuts")
    for kind, (wanted, status) in client.failures.items():
        call, message = MESSAGES[kind]
        try:
            counted(lambda: client.ask(call))
        except wanted as error:
            told = next((getattr(error, key) for key in ("status_code", "http_status", "code") if hasattr(error, key)), status)
            assert told == status, (client.name, kind, told, error)
            assert not client.tells or message in str(error), (client.name, kind, error)
        else:
            raise AssertionError(f"{client.name}: {kind} raises nothing")
        done.append(f"{kind}: {wanted.__name__}")
    print(f"{client.name}: {calls - before} calls ({', '.join(done)})")


def also(name: str, what: str, got: Any, wanted: Any) -> None:
    assert got == wanted, (name, what, got, wanted)
    print(f"{name}: {what}")


def typed(not_found: type, bad_request: type, unauthorised: type, too_many_status: int = 400) -> dict[str, tuple[type, int]]:
    return {"unknown model": (not_found, 404), "too many": (bad_request, too_many_status), "wrong key": (unauthorised, 401)}


def check_cohere() -> None:
    import cohere

    failures = typed(cohere.NotFoundError, cohere.BadRequestError, cohere.UnauthorizedError)
    places = lambda reply: [(result.index, result.relevance_score) for result in reply.results]
    limit = lambda call: {} if call.top_k is None else {"top_n": call.top_k}

    def v1(call: Call, **more: Any) -> Any:
        client = cohere.Client(api_key=call.key, base_url=f"{URL}/cohere")
        return client.rerank(model=call.model, query=QUERY, documents=call.documents, **limit(call), **more)

    def v2(call: Call, base: str = "/cohere") -> Any:
        client = cohere.ClientV2(api_key=call.key, base_url=f"{URL}{base}")
        return client.rerank(model=call.model, query=QUERY, documents=call.documents, **limit(call))

    async def asynchronous() -> Any:
        client = cohere.AsyncClientV2(api_key=KEY, base_url=f"{URL}/cohere")
        return await client.rerank(model="mini", query=QUERY, documents=DOCUMENTS)

    check(Client("Client", lambda call: places(v1(call)), failures))
    check(Client("ClientV2", lambda call: places(v2(call)), failures))
    check(Client("ClientV2 at the root", lambda call: places(v2(call, "")), failures))
    equal(counted(lambda: places(asyncio.run(asynchronous()))), RANKED["documents"])
    echo = counted(lambda: v1(Call(), return_documents=True))
    also("Client", "echoes texts", [r.document.text for r in echo.results], [DOCUMENTS[r.index] for r in echo.results])
    equal(places(counted(lambda: v1(Call(documents=OBJECTS), rank_fields=["title"]))), RANKED["titles"])
    equal(places(counted(lambda: v1(Call(documents=OBJECTS), rank_fields=["text"]))), RANKED["texts"])
    equal(places(counted(lambda: v1(Call(documents=OBJECTS)))), RANKED["texts"])


def check_boto3() -> None:
    import boto3
    from botocore.exceptions import ClientError

    def ask(call: Call, base: str = "") -> Places:
        # The server cannot check a signature: the session token is its key, and the other two may be any text.
        keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any", "aws_session_token": call.key}
        client = boto3.client("bedrock-agent-runtime", region_name="us-east-1", endpoint_url=f"{URL}{base}", **keys)
        limit = {} if call.top_k is None else {"numberOfResults": call.top_k}
        model = {"modelArn": f"arn:aws:bedrock:us-east-1::foundation-model/{call.model}"}
        reply = client.rerank(
            queries=[{"type": "TEXT", "textQuery": {"text": QUERY}}],
            sources=[
                {"type": "INLINE", "inlineDocumentSource": {"type": "TEXT", "textDocument": {"text": text}}} for text in call.documents
            ],
            rerankingConfiguration={
                "type": "BEDROCK_RERANKING_MODEL",
                "bedrockRerankingConfiguration": {"modelConfiguration": model, **limit},
            },
        )
        return [(result["index"], result["relevanceScore"]) for result in reply["results"]]

    failures = {"unknown model": (ClientError, 404), "too many": (ClientError, 400), "wrong key": (ClientError, 401)}
    check(Client("rerank", lambda call: ask(call, "/bedrock"), failures))
    # A wrong key is refused before the body is read, which alone says at the root whose words are spoken.
    check(Client("rerank at the root", ask, failures, tells=False))


def check_voyageai() -> None:
    import voyageai
    from voyageai import error

    def ask(call: Call) -> Places:
        client = voyageai.Client(api_key=call.key, base_url=f"{URL}/voyage/v1")
        reply = client.rerank(QUERY, call.documents, model=call.model, top_k=call.top_k)
        assert reply.total_tokens > 0
        assert [result.document for result in reply.results] == [call.documents[result.index] for result in reply.results]
        return [(result.index, result.relevance_score) for result in reply.results]

    check(Client("Client", ask, typed(error.APIError, error.InvalidRequestError, error.AuthenticationError)))


def check_pinecone() -> None:
    import pinecone
    from pinecone.errors import exceptions

    def rerank(call: Call, **more: Any) -> Any:
        client = pinecone.Pinecone(api_key=call.key, host=f"{URL}/pinecone")
        return client.inference.rerank(model=call.model, query=QUERY, documents=call.documents, top_n=call.top_k, **more)

    places = lambda reply: [(result.index, result.score) for result in reply.data]
    failures = typed(exceptions.NotFoundError, exceptions.ApiError, exceptions.UnauthorizedError)
    check(Client("inference.rerank", lambda call: places(rerank(call)), failures))
    echo = counted(lambda: rerank(Call(), return_documents=True))
    also("inference.rerank", "echoes", [dict(r.document) for r in echo.data], [{"text": DOCUMENTS[r.index]} for r in echo.data])
    without = counted(lambda: rerank(Call(), return_documents=False))
    also("inference.rerank", "leaves the echo out", {r.document for r in without.data}, {None})
    equal(places(counted(lambda: rerank(Call(documents=OBJECTS), rank_fields=["title"]))), RANKED["titles"])
    equal(places(counted(lambda: rerank(Call(documents=OBJECTS)))), RANKED["texts"])


def check_together() -> None:
    import together

    def create(call: Call, **more: Any) -> Any:
        client = together.Together(api_key=call.key, base_url=f"{URL}/together")
        limit = {} if call.top_k is None else {"top_n": call.top_k}
        return client.rerank.create(model=call.model, query=QUERY, documents=call.documents, **limit, **more)

    places = lambda reply: [(result.index, result.relevance_score) for result in reply.results]
    failures = typed(together.NotFoundError, together.BadRequestError, together.AuthenticationError)
    check(Client("rerank.create", lambda call: places(create(call)), failures))
    echo = counted(lambda: create(Call(), return_documents=True))
    also("rerank.create", "echoes", [r.document.text for r in echo.results], [DOCUMENTS[r.index] for r in echo.results])
    objects = counted(lambda: create(Call(documents=OBJECTS), rank_fields=["title"], return_documents=True))
    equal(places(objects), RANKED["titles"])
    also("rerank.create", "echoes objects", [json.loads(r.document.text) for r in objects.results], [OBJECTS[r.index] for r in objects.results])


def check_mixedbread() -> None:
    import mixedbread

    def rerank(call: Call, **more: Any) -> Any:
        client = mixedbread.Mixedbread(api_key=call.key, base_url=f"{URL}/mixedbread")
        limit = {} if call.top_k is None else {"top_k": call.top_k}
        return client.rerank(model=call.model, query=QUERY, input=call.documents, **limit, **more)

    places = lambda reply: [(result.index, result.score) for result in reply.data]
    failures = typed(mixedbread.NotFoundError, mixedbread.UnprocessableEntityError, mixedbread.AuthenticationError, 422)
    check(Client("rerank", lambda call: places(rerank(call)), failures))
    echo = counted(lambda: rerank(Call(), return_input=True))
    also("rerank", "echoes", [r.input for r in echo.data], [DOCUMENTS[r.index] for r in echo.data])
    equal(places(counted(lambda: rerank(Call(documents=OBJECTS), rank_fields=["title"]))), RANKED["titles"])


def check_tei_client() -> None:
    import pydantic
    import tei_client

    def client(key: str = KEY) -> Any:
        return tei_client.HttpClient(f"{URL}/tei", headers={"Authorization": f"Bearer {key}"})

    def ask(call: Call) -> Places:
        ranks = client(call.key).rerank(QUERY, call.documents, return_text=True).ranks
        assert [rank.text for rank in ranks] == [call.documents[rank.index] for rank in ranks]
        return [(rank.index, rank.score) for rank in ranks]

    # It validates an error's body as if it were a list of ranks; where the key is wrong, its first GET already fails.
    check(Client("HttpClient.rerank", ask, {"too many": (pydantic.ValidationError, 422)}, tells=False, cuts=False))
    raw = counted(lambda: client().rerank(QUERY, DOCUMENTS, raw_scores=True)).ranks
    equal([(rank.index, rank.score) for rank in raw], RANKED["documents"], "logit")
    info = client().info()
    also("HttpClient.info", "knows a reranker", (info.server_model_type.value, info.max_client_batch_size), ("reranker", MAX_DOCUMENTS))
    also("HttpClient.health", "is well", client().health(), True)


def check_rerankers() -> None:
    from rerankers import Reranker

    paths = {
        "cohere": "/cohere/v1/rerank",
        "jina": "/jina/v1/rerank",
        "voyage": "/voyage/v1/rerank",
        "mixedbread.ai": "/mixedbread/v1/reranking",
        "pinecone": "/pinecone/rerank",
        "text-embeddings-inference": "/tei/rerank",
    }
    for provider, path in paths.items():

        def ask(call: Call) -> Places:
            ranker = Reranker(call.model, model_type="APIRanker", api_provider=provider, api_key=call.key, url=f"{URL}{path}", verbose=0)
            return [(result.doc_id, result.score) for result in ranker.rank(QUERY, call.documents).results]

        # It reads the results without looking at the status: a failure is a missing key.
        wanted = (TypeError, 401) if provider == "text-embeddings-inference" else (KeyError, 401)
        check(Client(provider, ask, {"wrong key": wanted}, tells=False, cuts=False))


def check_litellm() -> None:
    import litellm

    litellm.suppress_debug_info = True
    not_found, bad_request, unauthorised = litellm.NotFoundError, litellm.BadRequestError, litellm.AuthenticationError
    at_400 = typed(not_found, bad_request, unauthorised)
    at_422 = typed(not_found, bad_request, unauthorised, 422)
    routes = {
        "cohere/": ("/cohere", at_400),
        "jina_ai/": ("", at_422),
        "hosted_vllm/": ("/vllm", at_400),
        "infinity/": ("/infinity", at_422 | {"unknown model": (bad_request, 400)}),
        # TEI's format names no model, and for 422 the client has no narrower error there.
        "huggingface/": ("/tei", {"too many": (litellm.APIError, 422), "wrong key": (unauthorised, 401)}),
        "voyage/": ("/voyage/v1", at_400),
        "together_ai/": ("/together/v1", at_400),
        "nvidia_nim/ranking/": ("/nim", at_422),
        "litellm_proxy/": ("/litellm", at_422),
    }
    for prefix, (base, failures) in routes.items():

        def rerank(call: Call) -> Any:
            return litellm.rerank(
                model=f"{prefix}{call.model}",
                query=QUERY,
                documents=call.documents,
                top_n=call.top_k,
                api_key=call.key,
                api_base=f"{URL}{base}",
            )

        def ask(call: Call) -> Places:
            results = rerank(call).results
            echoed = [(result["document"]["text"], call.documents[result["index"]]) for result in results if "document" in result]
            assert len(echoed) == (0 if base == "/cohere" else len(results)), (prefix, results)
            assert all(text == document for text, document in echoed), (prefix, results)
            return [(result["index"], result["relevance_score"]) for result in results]

        # TEI's format has no limit, and there the client does not cut by itself.
        check(Client(prefix, ask, failures, cuts=base != "/tei", score="logit" if base == "/nim" else "score"))


def check_langchain_cohere() -> None:
    import cohere
    from langchain_cohere import CohereRerank
    from langchain_core.documents import Document

    def ask(call: Call) -> Places:
        ranker = CohereRerank(model=call.model, top_n=call.top_k or len(call.documents), cohere_api_key=call.key, base_url=f"{URL}/cohere")
        list_ = [Document(page_content=text, metadata={"index": index}) for index, text in enumerate(call.documents)]
        return [(document.metadata["index"], document.metadata["relevance_score"]) for document in ranker.compress_documents(list_, QUERY)]

    check(Client("CohereRerank", ask, typed(cohere.NotFoundError, cohere.BadRequestError, cohere.UnauthorizedError)))
    ranker = CohereRerank(model="mini", cohere_api_key=KEY, base_url=f"{URL}/cohere")
    objects = counted(lambda: ranker.rerank(OBJECTS, QUERY, rank_fields=["title"], top_n=None))  # it writes them as YAML
    equal([(result["index"], result["relevance_score"]) for result in objects], RANKED["titlesAsYaml"])


def check_langchain_nvidia() -> None:
    from langchain_core.documents import Document
    from langchain_nvidia_ai_endpoints import NVIDIARerank

    def ask(call: Call) -> Places:
        ranker = NVIDIARerank(model=call.model, base_url=f"{URL}/nim/v1", api_key=call.key, top_n=call.top_k or len(call.documents))
        list_ = [Document(page_content=text, metadata={"index": index}) for index, text in enumerate(call.documents)]
        ranked = ranker.compress_documents(query=QUERY, documents=list_)
        return [(document.metadata["index"], document.metadata["relevance_score"]) for document in ranked]

    check(Client("NVIDIARerank", ask, {"too many": (Exception, 422)}, score="logit"))


def check_llama_index() -> None:
    import cohere
    import httpx
    from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
    from llama_index.postprocessor.cohere_rerank import CohereRerank
    from llama_index.postprocessor.jinaai_rerank import JinaRerank
    from llama_index.postprocessor.nvidia_rerank import NVIDIARerank
    from llama_index.postprocessor.tei_rerank import TextEmbeddingInference

    def ask(processor: Any, documents: list[str]) -> Places:
        nodes = [NodeWithScore(node=TextNode(id_=str(index), text=text), score=0.0) for index, text in enumerate(documents)]
        ranked = processor.postprocess_nodes(nodes, QueryBundle(QUERY))
        return [(int(node.node.node_id), node.score) for node in ranked]

    def top(call: Call) -> int:
        return call.top_k or len(call.documents)

    def tei(call: Call) -> Places:
        return ask(TextEmbeddingInference(base_url=f"{URL}/tei", auth_token=f"Bearer {call.key}", top_n=top(call)), call.documents)

    def tei_at_root(call: Call) -> Places:
        return ask(TextEmbeddingInference(base_url=URL, auth_token=f"Bearer {call.key}", top_n=top(call)), call.documents)

    def cohere_rerank(call: Call) -> Places:
        return ask(CohereRerank(model=call.model, base_url=f"{URL}/cohere", api_key=call.key, top_n=top(call)), call.documents)

    def jina(call: Call) -> Places:
        return ask(JinaRerank(model=call.model, base_url=f"{URL}/jina/v1", api_key=call.key, top_n=top(call)), call.documents)

    def nvidia(call: Call) -> Places:
        return ask(NVIDIARerank(model=call.model, base_url=f"{URL}/nim/v1", api_key=call.key, top_n=top(call)), call.documents)

    # It reads the scores without looking at the status: an error's body is a list of another length.
    check(Client("TextEmbeddingInference", tei, {"too many": (AssertionError, 422), "wrong key": (AssertionError, 401)}, tells=False))
    check(Client("TextEmbeddingInference at the root", tei_at_root, {}))
    check(Client("CohereRerank", cohere_rerank, typed(cohere.NotFoundError, cohere.BadRequestError, cohere.UnauthorizedError)))
    check(Client("JinaRerank", jina, typed(RuntimeError, RuntimeError, RuntimeError, 422)))
    check(Client("NVIDIARerank", nvidia, {"too many": (httpx.HTTPStatusError, 422)}, tells=False, score="logit"))


def check_infinity_client() -> None:
    from infinity_client import AuthenticatedClient, errors
    from infinity_client.api.default import rerank
    from infinity_client.models import RerankInput

    def sync(call: Call, **more: Any) -> Any:
        client = AuthenticatedClient(base_url=f"{URL}/infinity", token=call.key, raise_on_unexpected_status=True)
        body = RerankInput(query=QUERY, documents=call.documents, model=call.model, top_n=call.top_k, **more)
        return rerank.sync(client=client, body=body)

    places = lambda reply: [(result.index, result.relevance_score) for result in reply.results]
    failures = {"unknown model": (errors.UnexpectedStatus, 400), "wrong key": (errors.UnexpectedStatus, 401)}
    check(Client("rerank.sync", lambda call: places(sync(call)), failures))
    echo = counted(lambda: sync(Call(), return_documents=True))
    also("rerank.sync", "echoes", [r.document for r in echo.results], [DOCUMENTS[r.index] for r in echo.results])
    raw = counted(lambda: sync(Call(), raw_scores=True))
    equal(places(raw), RANKED["documents"], "logit")
    client = AuthenticatedClient(base_url=f"{URL}/infinity", token=KEY, raise_on_unexpected_status=True)
    equal(places(counted(lambda: rerank.sync(client=client, body=RerankInput(query=QUERY, documents=DOCUMENTS)))), RANKED["documents"])


def check_xinference() -> None:
    from xinference_client.client.restful.restful_client import Client as RESTfulClient
    from xinference_client.client.restful.restful_client import RESTfulRerankModelHandle

    for base in ["/xinference", ""]:

        def handle(call: Call) -> Any:
            model = RESTfulClient(f"{URL}{base}", api_key=call.key).get_model(call.model)
            assert isinstance(model, RESTfulRerankModelHandle), model
            return model

        def ask(call: Call) -> Places:
            reply = handle(Call(key=call.key)).rerank(call.documents, QUERY, top_n=call.top_k)
            return [(result["index"], result["relevance_score"]) for result in reply["results"]]

        # It says no status, and at the root it finds no `detail` in what a missing model answers.
        check(Client(f"Client at {base or 'the root'}", ask, {"too many": (RuntimeError, 400)}))
        for wrong, told in [(Call(model="unheard-of"), "It serves mini."), (Call(key="another-key"), "A valid API key is needed")]:
            try:
                handle(wrong)
            except RuntimeError as error:
                assert base == "" or told in str(error), error
            else:
                raise AssertionError(f"{wrong} raises nothing")
        echo = counted(lambda: handle(Call()).rerank(DOCUMENTS, QUERY, return_documents=True, return_len=True))
        also("rerank", "echoes", [r["document"]["text"] for r in echo["results"]], [DOCUMENTS[r["index"]] for r in echo["results"]])
        also("rerank", "tells tokens", echo["meta" if base else "usage"]["tokens" if base else "total_tokens"] is not None, True)
        models = RESTfulClient(f"{URL}{base}", api_key=KEY).list_models()
        also("list_models", "has the model", models["mini"]["model_type"], "rerank")


PACKAGES: dict[str, Callable[[], None]] = {
    "boto3": check_boto3,
    "cohere": check_cohere,
    "voyageai": check_voyageai,
    "pinecone": check_pinecone,
    "together": check_together,
    "mixedbread": check_mixedbread,
    "tei-client": check_tei_client,
    "xinference-client": check_xinference,
    "rerankers": check_rerankers,
    "litellm": check_litellm,
    "langchain-cohere": check_langchain_cohere,
    "langchain-nvidia-ai-endpoints": check_langchain_nvidia,
    "llama-index-core": check_llama_index,
    "infinity-client": check_infinity_client,
}

if __name__ == "__main__":
    package = sys.argv[1]
    print(f"{package} {importlib.metadata.version(package)}")
    PACKAGES[package]()
    print(calls)
