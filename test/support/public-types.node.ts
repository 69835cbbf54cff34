/** The public types of the built package, as an editor sees them: entry points, exports, and the declarations that they reach. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { root } from "./command.node.ts";

/** An import path of package.json's `exports`, with its declarations. */
export interface EntryPoint {
  /** `crossrank/server`. */
  specifier: string;
  /** `dist/server.d.ts`. */
  types: string;
}

/** Every import path that has types. */
export const entryPoints: readonly EntryPoint[] = readEntryPoints();

/** What an editor shows for a name. */
export interface Hover {
  /** The signature or the type. */
  signature: string;
  /** The documentation; empty if there is none. */
  documentation: string;
  /** `{@link …}` that lead nowhere. */
  deadLinks: readonly string[];
  /** Code of the `@example` tags. */
  examples: readonly string[];
}

/** A program that imports every export of every entry point, in an editor's language service. */
export class PublicTypes {
  readonly #service: ts.LanguageService;
  readonly #program: ts.Program;
  readonly #checker: ts.TypeChecker;
  readonly #folder = join(root, "dist");

  /** @param probes TypeScript files by name, which need not exist; they stand in the root of the repository, and import `crossrank` */
  constructor(probes: Readonly<Record<string, string>> = {}) {
    const files = new Map(Object.entries(probes).map(([name, text]) => [join(root, name), text]));
    const declarations = entryPoints.map(({ types }) => join(root, types));
    const host: ts.LanguageServiceHost = {
      getCompilationSettings: () => ({
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        strict: true,
        noEmit: true,
        types: ["node"],
      }),
      getScriptFileNames: () => [...declarations, ...files.keys()],
      getScriptVersion: () => "1",
      getScriptSnapshot: (path) => {
        const text = files.get(path) ?? ts.sys.readFile(path);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => root,
      getDefaultLibFileName: ts.getDefaultLibFilePath,
      fileExists: (path) => files.has(path) || ts.sys.fileExists(path),
      readFile: (path) => files.get(path) ?? ts.sys.readFile(path),
      directoryExists: ts.sys.directoryExists,
      getDirectories: ts.sys.getDirectories,
    };
    this.#service = ts.createLanguageService(host);
    this.#program = this.#service.getProgram()!;
    this.#checker = this.#program.getTypeChecker();
  }

  /** The exports of an entry point, by name, aliases resolved. */
  exportsOf({ types }: EntryPoint): Map<string, ts.Symbol> {
    const module = this.#checker.getSymbolAtLocation(this.#program.getSourceFile(join(root, types))!)!;
    const exports = this.#checker.getExportsOfModule(module).map((symbol): [string, ts.Symbol] => [symbol.name, this.#resolve(symbol)]);
    return new Map(exports.sort(([left], [right]) => (left < right ? -1 : 1)));
  }

  /** The declarations of symbols and of everything of this package that they mention, in the order in which they are found. */
  reachableFrom(symbols: Iterable<ts.Symbol>): ts.Symbol[] {
    const found = new Set<ts.Symbol>(symbols);
    for (const symbol of found) {
      for (const declaration of this.declarationsOf(symbol)) {
        const visit = (node: ts.Node): void => {
          if (ts.isIdentifier(node)) {
            const mentioned = this.#checker.getSymbolAtLocation(node);
            const target = mentioned === undefined ? undefined : this.#resolve(mentioned);
            if (target?.declarations?.some((other) => ts.isSourceFile(statementOf(other).parent) && this.#isOurs(other)) === true) {
              if (this.declarationsOf(target).length > 0) found.add(target);
            }
          }
          ts.forEachChild(node, visit);
        };
        visit(declaration);
      }
    }
    return [...found];
  }

  /** The declarations of a symbol at the top level of a file in dist/. */
  declarationsOf(symbol: ts.Symbol): ts.Declaration[] {
    return (symbol.declarations ?? []).filter(
      (declaration) =>
        this.#isOurs(declaration) &&
        (ts.isInterfaceDeclaration(declaration) ||
          ts.isTypeAliasDeclaration(declaration) ||
          ts.isClassDeclaration(declaration) ||
          ts.isFunctionDeclaration(declaration) ||
          ts.isVariableDeclaration(declaration)),
    );
  }

  /** Keys and methods in a declaration, those of types inside included, without private ones. */
  membersOf(declaration: ts.Node): ts.NamedDeclaration[] {
    const found: ts.NamedDeclaration[] = [];
    const visit = (node: ts.Node): void => {
      const isMember = ts.isTypeElement(node) || ts.isClassElement(node);
      if (isMember && node.name !== undefined && !ts.isPrivateIdentifier(node.name)) found.push(node);
      ts.forEachChild(node, visit);
    };
    visit(declaration);
    return found;
  }

  /** What an editor shows for the name of a declaration. */
  hoverOf(declaration: ts.NamedDeclaration): Hover {
    const file = declaration.getSourceFile();
    const { name } = declaration;
    // `Symbol.asyncDispose` in `[Symbol.asyncDispose]`.
    const word =
      name !== undefined && ts.isComputedPropertyName(name) && ts.isPropertyAccessExpression(name.expression)
        ? name.expression.name
        : name!;
    return this.hoverAt(file.fileName, word.getStart(file));
  }

  /** What an editor shows at a position of a file. */
  hoverAt(path: string, position: number): Hover {
    const info = this.#service.getQuickInfoAtPosition(path, position);
    const documentation = info?.documentation ?? [];
    const tags = info?.tags ?? [];
    const parts = [...documentation, ...tags.flatMap(({ text }) => text ?? [])];
    return {
      signature: ts.displayPartsToString(info?.displayParts ?? []),
      documentation: ts.displayPartsToString(documentation),
      deadLinks: parts.filter(({ kind, text }) => kind === "linkText" && !/^https?:/.test(text)).map(({ text }) => text),
      examples: tags.filter(({ name }) => name === "example").map(({ text }) => ts.displayPartsToString(text ?? [])),
    };
  }

  /** Names that an editor offers at a position of a probe. */
  completionsAt(probe: string, position: number): string[] {
    return this.#service.getCompletionsAtPosition(join(root, probe), position, {})?.entries.map(({ name }) => name) ?? [];
  }

  #resolve(symbol: ts.Symbol): ts.Symbol {
    return (symbol.flags & ts.SymbolFlags.Alias) === 0 ? symbol : this.#checker.getAliasedSymbol(symbol);
  }

  #isOurs(declaration: ts.Node): boolean {
    return declaration.getSourceFile().fileName.startsWith(this.#folder);
  }
}

function statementOf(declaration: ts.Node): ts.Node {
  return ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
}

function readEntryPoints(): EntryPoint[] {
  const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    name: string;
    exports: Record<string, string | { types?: string }>;
  };
  return Object.entries(exports).flatMap(([path, target]) =>
    typeof target === "object" && target.types !== undefined ? [{ specifier: path.replace(".", name), types: target.types.slice(2) }] : [],
  );
}
