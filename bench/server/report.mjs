/** Converts the output of load.lua into tables. */
import { median, quantile } from "../shared.mjs";

/**
 * One run: throughput and latencies of answers with status 2xx after the queue has filled, counts of everything.
 *
 * Counting begins with the answer by which every connection has had one turn on average, and ends with the last answer: both are ends
 * of requests, so that it does not matter whether a server works on few requests at a time or on all of them.
 */
export function measure(printed, connections) {
  const lines = printed.split("\n");
  const fields = (mark) => lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(2).split(" ").map(Number));
  const answers = fields("= ").sort((a, b) => a[1] - b[1]);
  const [counts] = fields("! ");
  if (counts === undefined) throw new Error(`wrk did not finish its script: ${printed}`);
  const [connect, read, write, timeout, repeating] = counts;
  const statuses = {};
  for (const [, , status] of answers) statuses[status] = (statuses[status] ?? 0) + 1;
  const measured = answers.slice(connections);
  const good = measured.filter(([, , status]) => status >= 200 && status < 300);
  const wall = measured.length === 0 ? 0 : (measured.at(-1)[1] - answers[connections - 1][1]) / 1000;
  return {
    perSecond: wall === 0 ? 0 : good.length / wall,
    latencies: good.map(([started, ended]) => Math.round((ended - started) * 10) / 10),
    answers: answers.length,
    statuses,
    socketErrors: connect + read + write + timeout,
    repeating,
  };
}

/** The whole report, as Markdown. */
export function report({ machine, rounds, runs, largest, remembered, documentsPerRequest }) {
  const lines = ["# crossrank serve and minimal Python servers", "", machine, ""];
  lines.push(
    `${documentsPerRequest} passages of about 140 tokens a request. Requests a second: median of ${rounds} rounds. Latencies: of all rounds' measured`,
  );
  lines.push("requests together. Measured: requests with status 2xx after the queue had filled. Afterwards: for how long a server went on");
  lines.push("computing when its clients had gone.", "");
  lines.push("| server | largest difference of a logit | known request over new one |", "|---|---|---|");
  for (const name of Object.keys(largest)) lines.push(`| ${name} | ${largest[name].toExponential(1)} | ${remembered[name].toFixed(2)} |`);
  for (const [connections, servers] of Object.entries(runs)) {
    lines.push(
      "",
      `| ${connectionsOf(connections)} | requests/s | documents/s | p50 ms | p95 ms | p99 ms | measured | seconds a run | failed | afterwards s |`,
    );
    lines.push(`|${"---|".repeat(10)}`);
    for (const [name, list] of Object.entries(servers)) lines.push(`| ${name} | ${cells(list, documentsPerRequest).join(" | ")} |`);
  }
  for (const [title, of] of [
    ["requests/s", ({ perSecond }) => perSecond],
    ["p50 latency", ({ latencies }) => quantile(latencies, 0.5)],
    ["p95 latency", ({ latencies }) => quantile(latencies, 0.95)],
  ]) {
    lines.push(...ratios(runs, title, of));
  }
  return [...lines, ...caveats(runs), ""].join("\n");
}

function cells(list, documentsPerRequest) {
  const perSecond = median(list.map((run) => run.perSecond));
  const latencies = list.flatMap((run) => run.latencies);
  const seconds = list.map((run) => run.seconds);
  const times = [0.5, 0.95, 0.99].map((share) => (latencies.length === 0 ? "–" : quantile(latencies, share).toFixed(0)));
  return [
    perSecond.toFixed(2),
    (perSecond * documentsPerRequest).toFixed(1),
    ...times,
    latencies.length,
    Math.min(...seconds) === Math.max(...seconds) ? seconds[0] : `${Math.min(...seconds)}–${Math.max(...seconds)}`,
    failures(list),
    median(list.map((run) => run.afterwards)).toFixed(1),
  ];
}

/** Such as "12 × 500, 3 × socket, of 900"; "0" for none. */
function failures(list) {
  const counts = {};
  for (const { statuses, socketErrors } of list) {
    for (const [status, count] of Object.entries(statuses)) if (!status.startsWith("2")) counts[status] = (counts[status] ?? 0) + count;
    if (socketErrors > 0) counts.socket = (counts.socket ?? 0) + socketErrors;
  }
  const kinds = Object.entries(counts).map(([kind, count]) => `${count} × ${kind}`);
  return kinds.length === 0 ? "0" : `${kinds.join(", ")}, of ${list.reduce((sum, { answers }) => sum + answers, 0)}`;
}

/** Median of the ratios of each round, so that drifts in the machine's speed cancel out. */
function ratios(runs, title, of) {
  const levels = Object.keys(runs);
  const names = Object.keys(runs[levels[0]]);
  const lines = [];
  for (const ours of names.filter((name) => name.startsWith("crossrank"))) {
    const others = names.filter((name) => !name.startsWith("crossrank"));
    if (others.length === 0) continue;
    lines.push("", `| ${title}, ${ours} over | ${levels.map(connectionsOf).join(" | ")} |`, `|---|${"---|".repeat(levels.length)}`);
    for (const name of others) {
      const each = levels.map((connections) =>
        median(runs[connections][ours].map((run, round) => of(run) / of(runs[connections][name][round])).filter(Number.isFinite)),
      );
      lines.push(`| ${name} | ${each.map((ratio) => (Number.isFinite(ratio) ? ratio.toFixed(2) : "–")).join(" | ")} |`);
    }
  }
  return lines;
}

/** Notes about these runs that a reader must know. */
function caveats(runs) {
  const lines = [];
  for (const [connections, servers] of Object.entries(runs)) {
    for (const [name, list] of Object.entries(servers)) {
      const short = list.filter((run) => run.answers < 2 * connections).length;
      if (short > 0)
        lines.push(
          `- ${name}, ${connectionsOf(connections)}: in ${short} of ${list.length} rounds fewer than two requests a connection ended.`,
        );
      const repeating = list.filter((run) => run.repeating > 0).length;
      if (repeating > 0)
        lines.push(`- ${name}, ${connectionsOf(connections)}: in ${repeating} of ${list.length} rounds requests came twice.`);
    }
  }
  return lines.length === 0 ? [] : ["", ...lines];
}

function connectionsOf(count) {
  return count === "1" ? "1 connection" : `${count} connections`;
}
