import { readForeign } from "../../config/read.ts";
import { messageOf, RerankError } from "../../errors.ts";
import type { BackendInfo, RerankerBackend } from "../../types.ts";
import { Backend, type BackendDriver, objectDriver } from "./backend.ts";

/** Options of `registerRerankerBackend`. */
export interface RegisterOptions {
  /** Replace a backend of the same name, and shut that one down. @default false */
  replace?: boolean;
  /**
   * Maximum wait for the import of a module, for `initialize`, and for `shutdown`, each; seconds, > 0. An `initialize` that takes longer keeps
   * running: the next call waits for it again.
   * @default 60
   */
  maxInitializeDurationSecs?: number;
}

const defaultInitializeDurationSecs = 60;

/** Loads a module in a helper thread, and waits for it at most `maxDurationSecs`. */
export type OpenModule = (url: URL, maxDurationSecs: number) => BackendDriver;

/** The backends of this program, by name. */
export class BackendRegistry {
  readonly #openModule: OpenModule;
  readonly #backends = new Map<string, { backend: Backend; kind: BackendInfo["kind"] }>();
  /** Shutdowns of replaced backends. Removing the name, or all names, waits for them. */
  readonly #ending = new Map<string, Promise<void>>();

  constructor(openModule: OpenModule) {
    this.#openModule = openModule;
  }

  /**
   * @throws RerankError `invalid-input` for a value that is no backend or a name that is taken; `plugin` for a module that
   *   cannot be loaded; `timeout` for one that takes too long to load
   */
  register(candidate: RerankerBackend | URL, options: RegisterOptions = {}): void {
    const { isModule, backend, mayReplace } = readForeign("registerRerankerBackend", () => {
      const limitSecs = checkDuration(options?.maxInitializeDurationSecs);
      const isModule = candidate instanceof URL;
      const driver = isModule ? this.#openModule(candidate, limitSecs) : objectDriver(candidate, limitSecs);
      return { isModule, backend: new Backend(driver), mayReplace: options?.replace === true };
    });
    const taken = this.#backends.get(backend.name);
    if (taken !== undefined && !mayReplace) {
      void backend.close();
      throw new RerankError(
        "invalid-input",
        `registerRerankerBackend: a backend named "${backend.name}" is registered already. Unregister it first, or pass { replace: true }.`,
      );
    }
    if (taken !== undefined) {
      const ending = Promise.all([this.#ending.get(backend.name), taken.backend.close()]).then(() => undefined);
      ending.catch(() => undefined); // heard by unregister or clear
      this.#ending.set(backend.name, ending);
    }
    this.#backends.set(backend.name, { backend, kind: isModule ? "module" : "object" });
  }

  /** @throws RerankError `unknown-model` if there is none of that name; `plugin` if its shutdown fails */
  async unregister(name: string): Promise<void> {
    const { backend } = this.#entry(name);
    this.#backends.delete(name);
    const ending = this.#ending.get(name);
    this.#ending.delete(name);
    await Promise.all([ending, backend.close()]);
  }

  /** Shuts down all backends, even if one of them fails. @throws RerankError `plugin` of the first whose shutdown fails */
  async clear(): Promise<void> {
    const closing = [...[...this.#backends.values()].map(({ backend }) => backend.close()), ...this.#ending.values()];
    this.#backends.clear();
    this.#ending.clear();
    const failure = (await Promise.allSettled(closing)).find((outcome) => outcome.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  }

  list(): BackendInfo[] {
    return [...this.#backends.values()].map(({ backend, kind }) => ({
      name: backend.name,
      version: backend.version,
      kind,
      initialized: backend.isInitialized,
    }));
  }

  /** @throws RerankError `unknown-model`, naming the registered ones */
  get(name: string): Backend {
    return this.#entry(name).backend;
  }

  /** The backend's name with its version, or the name alone if no such backend is registered. */
  identity(name: string): string {
    const version = this.#backends.get(name)?.backend.version;
    return version === undefined ? name : `${name}@${version}`;
  }

  #entry(name: string): { backend: Backend } {
    const entry = this.#backends.get(name);
    if (entry !== undefined) return entry;
    const known = [...this.#backends.keys()].map((other) => `"${other}"`);
    const registered = known.length > 0 ? `Registered: ${known.join(", ")}.` : "None is registered: call registerRerankerBackend first.";
    throw new RerankError("unknown-model", `plugin: there is no backend named "${messageOf(name)}". ${registered}`);
  }
}

function checkDuration(secs: number = defaultInitializeDurationSecs): number {
  if (typeof secs === "number" && secs > 0) return secs;
  throw new RerankError("invalid-input", `registerRerankerBackend: maxInitializeDurationSecs is a number above 0, not ${String(secs)}.`);
}
