/**
 * What deploys the server (Dockerfile, deploy/kubernetes, docs/deploy.md), against schemas and against the server itself.
 *
 * No image is built and no cluster asked: neither is to be had everywhere. What an image would do is done here: the step that removes
 * binaries, the program with its arguments, the health check, the signal.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { DockerfileParser } from "dockerfile-ast";
import { validate as findDockerfileProblems } from "dockerfile-utils";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { getPreset } from "../dist/index.js";
import { planWorkers } from "../src/threads/plan.ts";
import { makeFolder, root, runCommand } from "./support/command.node.ts";
import { findProblems, type KubernetesObject } from "./support/kubernetes.ts";
import { readCodeBlocks } from "./support/markdown.ts";

const cli = join(root, "dist", "cli.js");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const packageJson = JSON.parse(read("package.json")) as { version: string };
const folder = makeFolder();
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const page = read("docs/deploy.md");
const blocks = readCodeBlocks(page);
const dockerfile = read("Dockerfile");
const instructions = DockerfileParser.parse(dockerfile)
  .getInstructions()
  .map((instruction) => ({ keyword: instruction.getKeyword(), content: instruction.getTextContent().replace(/^\w+\s+/, "") }));
const contentsOf = (keyword: string): string[] => instructions.filter((one) => one.keyword === keyword).map(({ content }) => content);
/** The JSON array at an instruction's end. */
const listOf = (keyword: string): string[] => JSON.parse(/\[.*\]\s*$/s.exec(contentsOf(keyword)[0]!)![0]) as string[];

const manifestFolder = join(root, "deploy", "kubernetes");
const manifests = Object.fromEntries(
  readdirSync(manifestFolder).map((name) => [
    name,
    parseYaml(readFileSync(join(manifestFolder, name), "utf8"), { version: "1.1" }) as unknown,
  ]),
);
const kustomization = manifests["kustomization.yaml"] as { resources: string[]; images: { name: string; newTag: string }[] };

/** What of the deployment is looked at here. */
interface Container {
  image: string;
  command?: string[];
  args?: string[];
  ports: { name: string; containerPort: number }[];
  resources: { requests: Record<string, string>; limits: Record<string, string> };
  volumeMounts: { name: string; mountPath: string }[];
  [probe: `${string}Probe`]: { httpGet: { path: string; port: string } };
}
const deployment = manifests["deployment.yaml"] as {
  spec: {
    selector: { matchLabels: Record<string, string> };
    template: {
      metadata: { labels: Record<string, string> };
      spec: {
        terminationGracePeriodSeconds: number;
        initContainers: Container[];
        containers: Container[];
        volumes: { name: string; secret?: { secretName: string } }[];
      };
    };
  };
};
const pod = deployment.spec.template.spec;
const container = pod.containers[0]!;
const podArguments = container.args!;
/** The value of `--name=value` among the pod's arguments. */
const argumentOf = (name: string): string => podArguments.find((argument) => argument.startsWith(`--${name}=`))!.slice(name.length + 3);

let help = "";
let helpFlags: Set<string>;
beforeAll(async () => {
  help = (await runCommand(process.execPath, [cli, "serve", "--help"], { cwd: root })).stdout;
  helpFlags = new Set(help.match(/--[a-z][a-z-]*/g));
});

describe("Dockerfile", () => {
  it("has nothing that a linter knows to be wrong", () => {
    expect(findDockerfileProblems(dockerfile)).toEqual([]);
  });

  it("copies what exists, and what .dockerignore lets through", () => {
    const allowed = read(".dockerignore")
      .match(/^!.*$/gm)!
      .map((line) => line.slice(1));
    const sources = contentsOf("COPY")
      .filter((content) => !content.includes("--from="))
      .flatMap((content) => content.split(" ").slice(0, -1));
    expect([...sources].sort()).toEqual([...allowed, "package.json"].sort());
    for (const source of sources) expect(existsSync(join(root, source)), source).toBe(true);
  });

  it("runs programs without a shell, as a user whose number is not root's", () => {
    for (const keyword of ["ENTRYPOINT", "HEALTHCHECK", "VOLUME"]) expect(listOf(keyword).length, keyword).toBeGreaterThan(0);
    expect(contentsOf("USER").at(-1)).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(contentsOf("STOPSIGNAL")).toEqual(["SIGTERM"]);
  });

  it.each([
    { target: "amd64", kept: "x64" },
    { target: "arm64", kept: "arm64" },
  ])("keeps the binaries of linux/$target only", async ({ target, kept }) => {
    const binaries = listFiles(join(root, "node_modules/onnxruntime-node/bin"));
    const binFolder = join(folder, target, "node_modules/onnxruntime-node/bin");
    for (const path of binaries) {
      mkdirSync(dirname(join(binFolder, path)), { recursive: true });
      writeFileSync(join(binFolder, path), "");
    }
    expect(await runCommand("sh", ["-c", pruneStep()], { cwd: join(folder, target), env: { TARGETARCH: target } })).toMatchObject({
      code: 0,
    });
    expect(listFiles(binFolder).sort()).toEqual(binaries.filter((path) => path.includes(`/linux/${kept}/`)).sort());
    expect(listFiles(binFolder).length).toBeGreaterThan(0);
  });

  it("fails for a platform that the runtime has no binaries for, and where they are not where it looks", async () => {
    const cwd = join(folder, "none");
    mkdirSync(join(cwd, "node_modules/onnxruntime-node/bin/elsewhere"), { recursive: true });
    const codeFor = async (target: string) => (await runCommand("sh", ["-c", pruneStep()], { cwd, env: { TARGETARCH: target } })).code;
    expect(await codeFor("riscv64")).not.toBe(0);
    expect(await codeFor("amd64")).not.toBe(0);
  });

  // The image of one platform is put together on another.
  it("takes no other package that depends on the platform", () => {
    const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, Record<string, unknown>> };
    const production = Object.entries(packages).filter(([path, entry]) => path !== "" && entry.dev !== true && entry.devOptional !== true);
    const native = production.filter(([, entry]) => entry.os ?? entry.cpu ?? entry.libc ?? entry.hasInstallScript).map(([path]) => path);
    expect(native).toEqual(["node_modules/onnxruntime-node"]);
  });
});

describe("deploy/kubernetes", () => {
  it("is valid for the API, unknown keys included", () => {
    const objects = Object.entries(manifests).flatMap(([name, object]) =>
      name === "kustomization.yaml" ? [] : [object as KubernetesObject],
    );
    expect(findProblems(objects)).toEqual([]);
    expect(objects.length).toBeGreaterThan(5);
  });

  it("would notice a wrong type, a missing key and an unknown key", () => {
    const wrong = structuredClone(manifests["service.yaml"]) as KubernetesObject & { spec: { ports: Record<string, unknown>[] } };
    wrong.spec.ports = [{ name: "http", prot: 80 }];
    expect(findProblems([wrong]).join()).toMatch(/port/);
    const misspelt = structuredClone(manifests["deployment.yaml"]) as KubernetesObject & { spec: Record<string, unknown> };
    misspelt.spec.replica = 2;
    expect(findProblems([misspelt]).join()).toMatch(/'"replica"'/);
  });

  it("lists every file in the kustomization, used or to be used, and the version of the package", () => {
    const text = read("deploy/kubernetes/kustomization.yaml");
    const listed = [...text.matchAll(/^\s*(?:# )?- ([\w-]+\.yaml)/gm)].map(([, name]) => name);
    expect(listed.sort()).toEqual(
      Object.keys(manifests)
        .filter((name) => name !== "kustomization.yaml")
        .sort(),
    );
    expect(kustomization.images).toEqual([expect.objectContaining({ name: container.image, newTag: packageJson.version })]);
    expect(pod.initContainers.map(({ image }) => image)).toEqual([container.image]);
    expect(page).toContain(`crossrank:${packageJson.version}`);
  });

  it("selects the pods by their label everywhere", () => {
    const { labels } = deployment.spec.template.metadata;
    const at = (name: string, ...keys: string[]) =>
      keys.reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], manifests[name]);
    const selectors = [
      deployment.spec.selector.matchLabels,
      at("service.yaml", "spec", "selector"),
      at("pod-disruption-budget.yaml", "spec", "selector", "matchLabels"),
      at("pod-monitor.yaml", "spec", "selector", "matchLabels"),
      at("network-policy.yaml", "spec", "podSelector", "matchLabels"),
    ];
    for (const selector of selectors) expect(selector).toEqual(labels);
  });

  it("stops a pod later than the server has drained, and drains as long as a request may take", () => {
    const drainTimeout = Number(argumentOf("drain-timeout"));
    expect(drainTimeout).toBeGreaterThanOrEqual(Number(argumentOf("timeout")));
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThan(Number(argumentOf("drain-delay")) + drainTimeout);
  });

  it("gives whole cores, and memory for one session on each", () => {
    for (const { resources } of [container, ...pod.initContainers]) {
      expect(resources.requests).toEqual(resources.limits);
      expect(resources.limits.cpu).toMatch(/^\d+$/);
    }
    const cores = Number(container.resources.limits.cpu);
    // What the process itself has taken before it plans is left out: a quarter of a GiB is more than that.
    const freeBytes = (Number(/^(\d+)Gi$/.exec(container.resources.limits.memory!)![1]) - 0.25) * 2 ** 30;
    expect(planWorkers({ cores, freeBytes }, getPreset(argumentOf("model")).sizeBytes)).toMatchObject({ workers: cores, threads: 1 });
  });

  it("mounts the cache and the keys where the image and the arguments have them, and pulls the model it serves", () => {
    const [cacheDir] = /(?<=CROSSRANK_CACHE=)\S+/.exec(contentsOf("ENV")[0]!)!;
    expect(listOf("VOLUME")).toEqual([cacheDir]);
    const mounts = Object.fromEntries(container.volumeMounts.map(({ name, mountPath }) => [name, mountPath]));
    expect(mounts.cache).toBe(cacheDir);
    expect(argumentOf("api-key-file")).toBe(`${mounts["api-keys"]}/api-keys`);
    const { secretName } = pod.volumes.find(({ name }) => name === "api-keys")!.secret!;
    expect(page).toContain(`kubectl create secret generic ${secretName} --from-file=api-keys`);
    expect(pod.initContainers[0]).toMatchObject({
      command: ["crossrank", "models", "pull", argumentOf("model"), "--quiet"],
      volumeMounts: [{ name: "cache", mountPath: cacheDir }],
    });
    expect(pod.volumes[0]!.name, "the patch of docs/deploy.md replaces the first volume").toBe("cache");
  });
});

describe("docs/deploy.md", () => {
  it("names only options of crossrank serve, but for docker's own", () => {
    const inline = [...page.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/`(--[a-z-]+)[^`]*`/g)].map(([, flag]) => flag!);
    const inPrograms = blocks.flatMap(({ code }) =>
      [...code.matchAll(/(?:crossrank serve|crossrank:\S+) (--.*)|CMD (\[.*\])/g)].flatMap(
        ([text]) => text.match(/(?<!\S|")--[a-z-]+|(?<=")--[a-z-]+/g) ?? [],
      ),
    );
    expect(inPrograms).toContain("--model");
    expect([...inline, ...inPrograms].filter((flag) => !helpFlags.has(flag))).toEqual(["--publish"]);
  });

  it("has YAML that parses, and objects that are valid for the API", () => {
    const documents = blocks.filter(({ language }) => language === "yaml").map(({ code }) => parseYaml(code) as Record<string, unknown>);
    expect(findProblems(documents.filter((document): document is KubernetesObject => "kind" in document))).toEqual([]);
    expect(documents).toHaveLength(3);
  });

  it("makes for the autoscaler the metric that it asks for", () => {
    const rule = (
      parseYaml(blocks.find(({ language }) => language === "yaml")!.code) as { rules: { name: { as: string }; seriesQuery: string }[] }
    ).rules[0]!;
    const autoscaler = JSON.stringify(manifests["horizontal-pod-autoscaler.yaml"]);
    expect(autoscaler).toContain(`"metric":{"name":"${rule.name.as}"}`);
    expect(rule.seriesQuery).toMatch(/^te_queue_size\{/);
  });

  it("has a Dockerfile in which a linter finds nothing wrong", () => {
    for (const { code } of blocks.filter(({ language }) => language === "dockerfile")) expect(findDockerfileProblems(code)).toEqual([]);
  });

  it("repeats measured numbers as the page it names has them", () => {
    const rows = [...page.matchAll(/^\|(.*)\| \[decisions\/([\w-]+\.md)\]\(.*\) \|$/gm)].map(([, cells, source]) => ({
      cells: cells!,
      source: source!,
    }));
    expect(rows.length).toBeGreaterThan(2);
    for (const { cells, source } of rows) {
      const text = read(`docs/decisions/${source}`);
      for (const [number] of cells
        .split("|")
        .slice(2)
        .join("|")
        .matchAll(/\b\d+(?:\.\d+)?\b/g))
        expect(text, `${source}: ${number}`).toContain(number);
    }
  });

  it("states the memory that the planner asks for", () => {
    const rows = [...page.matchAll(/^\| `(\w+)` \| ([\d.]+) \|$/gm)].map(([, name, gigabytes]) => ({
      name: name!,
      gigabytes: Number(gigabytes),
    }));
    expect(rows.map(({ name }) => name)).toEqual(["mini", "fast", "balanced", "quality", "multilingual"]);
    for (const { name, gigabytes } of rows) {
      const { workers } = planWorkers({ cores: 8, freeBytes: 8 * (gigabytes + 0.05) * 1e9 }, getPreset(name).sizeBytes);
      const { workers: withLess } = planWorkers({ cores: 8, freeBytes: 8 * (gigabytes - 0.06) * 1e9 }, getPreset(name).sizeBytes);
      expect({ name, workers, isLeast: withLess < 8 }).toEqual({ name, workers: 8, isLeast: true });
    }
  });
});

describe("the server, started as the pod starts it", () => {
  const key = "a-key-for-tests";
  let server: ChildProcess;
  let exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  let port = 0;
  let stderr = "";
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`http://127.0.0.1:${port}${path}`, { headers });
  const checkHealth = async () => {
    const [program, ...rest] = listOf("HEALTHCHECK");
    expect(program).toBe("node");
    const here = rest.map((argument) => argument.replace("127.0.0.1:8000", `127.0.0.1:${port}`));
    return (await runCommand(process.execPath, here, { cwd: folder })).code;
  };

  beforeAll(async () => {
    port = await freePort();
    const keyFile = join(folder, "api-keys");
    writeFileSync(keyFile, `${key}\n`);
    // What a test cannot wait for or does not have; the rest is the pod's.
    const replaced = { model: "mini", "api-key-file": keyFile, "drain-delay": "1" };
    const asHere = podArguments.map((argument) => {
      const name = /^--([\w-]+)=/.exec(argument)?.[1] as keyof typeof replaced | undefined;
      return name !== undefined && name in replaced ? `--${name}=${replaced[name]}` : argument;
    });
    const [program, ...rest] = listOf("ENTRYPOINT");
    expect(program).toBe("crossrank");
    const localHost = rest.map((argument) => (argument === "0.0.0.0" ? "127.0.0.1" : argument));
    server = spawn(process.execPath, [cli, ...localHost, ...asHere, "--port", String(port)], {
      cwd: folder,
      env: { PATH: process.env.PATH, HOME: folder, NODE_ENV: "production" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    server.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    exited = new Promise((resolve) => {
      server.on("exit", (code, signal) => resolve({ code, signal }));
    });
    await waitUntil(
      () =>
        get(container.readinessProbe!.httpGet.path).then(
          ({ status }) => status === 200,
          () => false,
        ),
      () => stderr,
    );
  });
  afterAll(() => {
    server.kill("SIGKILL");
  });

  it("has the port of the image by itself", () => {
    const defaultPort = Number(/--port <number>.*?default: \$PORT, else (\d+)/s.exec(help)![1]);
    expect(contentsOf("EXPOSE")).toEqual([String(defaultPort)]);
    expect(container.ports).toEqual([{ name: "http", containerPort: defaultPort }]);
    expect(listOf("HEALTHCHECK").join(" ")).toContain(`:${defaultPort}/`);
  });

  it("answers the probes without a key", async () => {
    for (const probe of ["startup", "readiness", "liveness"] as const) {
      const { path, port: name } = container[`${probe}Probe`]!.httpGet;
      expect(name).toBe("http");
      expect((await get(path)).status, probe).toBe(200);
    }
    expect(await checkHealth()).toBe(0);
  });

  it("gives Prometheus, as the monitor asks, the metric of the autoscaler", async () => {
    const { spec } = manifests["pod-monitor.yaml"] as {
      spec: { podMetricsEndpoints: [{ path: string; port: string; authorization?: unknown }] };
    };
    const [endpoint] = spec.podMetricsEndpoints;
    expect(endpoint.port).toBe("http");
    expect(endpoint.authorization === undefined).toBe((await get(endpoint.path)).status === 200);
    expect(await (await get(endpoint.path, { authorization: `Bearer ${key}` })).text()).toMatch(/^te_queue_size 0$/m);
  });

  it("ranks for who has a key", async () => {
    const rank = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/rerank`, {
        method: "POST",
        headers: { "content-type": "application/json", ...headers },
        body: JSON.stringify({
          query: "How to train a dog",
          documents: ["Cats sleep.", "Dog training requires patience and consistency."],
        }),
      });
    expect((await rank({})).status).toBe(401);
    const reply = await rank({ authorization: `Bearer ${key}` });
    expect(await reply.json()).toMatchObject({ results: [{ index: 1 }, { index: 0 }] });
  });

  it("on SIGTERM is healthy and not ready, and ends by itself with 0", async () => {
    server.kill("SIGTERM");
    await waitUntil(
      () => get("/ready").then(({ status }) => status === 503),
      () => stderr,
    );
    expect((await get("/health")).status).toBe(200);
    expect(await exited).toEqual({ code: 0, signal: null });
    expect(await checkHealth()).toBe(1);
  });
});

/** The command of the Dockerfile that removes binaries. */
function pruneStep(): string {
  return contentsOf("RUN")
    .find((content) => content.includes("TARGETARCH"))!
    .replaceAll("\\\n", " ");
}

/** Files below a folder, as paths from there that begin with a slash. */
function listFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length));
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const listener = createServer().on("error", reject);
    listener.listen(0, "127.0.0.1", () => {
      const address = listener.address() as { port: number };
      listener.close(() => resolve(address.port));
    });
  });
}

/** Asks again until the answer is yes; the test's own time-out ends it. */
async function waitUntil(isSo: () => Promise<boolean>, explain: () => string): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt += 1) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`not so after 30 s: ${explain()}`);
}
