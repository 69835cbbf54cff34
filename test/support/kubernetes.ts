/** Checks Kubernetes objects as an API server with strict field validation would, from schemas and types that a package ships. */
import { join } from "node:path";
import { PodMonitor } from "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor";
import { Deployment } from "kubernetes-models/apps/v1/Deployment";
import { HorizontalPodAutoscaler } from "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler";
import { NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1/NetworkPolicy";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1/PodDisruptionBudget";
import { PersistentVolumeClaim } from "kubernetes-models/v1/PersistentVolumeClaim";
import { Service } from "kubernetes-models/v1/Service";
import ts from "typescript";
import { root } from "./command.node.ts";

/** An object as its YAML file has it. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  [key: string]: unknown;
}

const kinds: Readonly<Record<string, { module: string; model: new (data: never) => { validate(): void } }>> = {
  "apps/v1 Deployment": { module: "kubernetes-models/apps/v1/Deployment", model: Deployment },
  "v1 Service": { module: "kubernetes-models/v1/Service", model: Service },
  "v1 PersistentVolumeClaim": { module: "kubernetes-models/v1/PersistentVolumeClaim", model: PersistentVolumeClaim },
  "autoscaling/v2 HorizontalPodAutoscaler": {
    module: "kubernetes-models/autoscaling/v2/HorizontalPodAutoscaler",
    model: HorizontalPodAutoscaler,
  },
  "policy/v1 PodDisruptionBudget": { module: "kubernetes-models/policy/v1/PodDisruptionBudget", model: PodDisruptionBudget },
  "networking.k8s.io/v1 NetworkPolicy": { module: "kubernetes-models/networking.k8s.io/v1/NetworkPolicy", model: NetworkPolicy },
  "monitoring.coreos.com/v1 PodMonitor": {
    module: "@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1/PodMonitor",
    model: PodMonitor,
  },
};

/**
 * What is wrong with the objects, one line each; empty when nothing is.
 *
 * The package's validators come from the API's JSON schemas, which let unknown keys pass; its types, from the same schemas, do not.
 */
export function findProblems(objects: readonly KubernetesObject[]): string[] {
  const known = objects.filter(({ apiVersion, kind }) => `${apiVersion} ${kind}` in kinds);
  const unknown = objects.filter((object) => !known.includes(object)).map(({ apiVersion, kind }) => `no schema for ${apiVersion} ${kind}`);
  return [...unknown, ...known.flatMap(schemaProblems), ...typeProblems(known)];
}

function schemaProblems(object: KubernetesObject): string[] {
  const { model: Model } = kinds[`${object.apiVersion} ${object.kind}`]!;
  try {
    new Model(object as never).validate();
    return [];
  } catch (error) {
    return [`${object.kind}: ${(error as Error).message}`];
  }
}

/** The compiler's complaints about a program that has the objects as typed literals. */
function typeProblems(objects: readonly KubernetesObject[]): string[] {
  const path = join(root, "test", "kubernetes-objects.ts");
  const declarations = objects.map((object, index) => {
    const { module } = kinds[`${object.apiVersion} ${object.kind}`]!;
    return `export const object${index}: import("${module}").I${object.kind} = ${JSON.stringify(object, null, 1)};\n`;
  });
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const fromDisk = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === path ? ts.createSourceFile(name, declarations.join(""), ts.ScriptTarget.ES2022) : fromDisk(name, ...rest);
  return ts
    .getPreEmitDiagnostics(ts.createProgram([path], options, host))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));
}
