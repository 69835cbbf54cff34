/** The API reference: Markdown out of the docstrings of the public entry points, one page for each export. */
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Application } from "typedoc";

/** Sources of the entry points whose files in `dist/` are called otherwise. */
const sources = {
  "src/server.ts": "src/server/index.ts",
  "src/eval.ts": "src/eval/index.ts",
  "src/testing.ts": "src/testing/backend-suite.ts",
};

/** Public names of the package's entry points, by their sources. */
function findEntries(root) {
  const { exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  return Object.fromEntries(
    // By the program, not by the types: crossrank and crossrank/web have the same types.
    Object.entries(exports).flatMap(([path, { types, default: program }]) => {
      if (types === undefined) return [];
      const source = program.replace("./dist/", "src/").replace(".js", ".ts");
      return [[sources[source] ?? source, `crossrank${path.slice(1)}`]];
    }),
  );
}

/**
 * Writes the pages.
 *
 * @param root folder of the repository
 * @param folder where the pages go
 * @returns TypeDoc's navigation: `{ title, path, children }`, with paths below `folder`
 */
export async function writeApi(root, folder) {
  const entries = findEntries(root);
  const navigation = join(folder, "navigation.json");
  const application = await Application.bootstrapWithPlugins({
    plugin: ["typedoc-plugin-markdown"],
    entryPoints: Object.keys(entries).map((path) => join(root, path)),
    basePath: root,
    tsconfig: join(root, "tsconfig.json"),
    outputs: [{ name: "markdown", path: folder }],
    navigationJson: navigation,
    name: "API reference",
    readme: "none",
    excludeInternal: true,
    excludePrivate: true,
    skipErrorChecking: true, // `npm run check` has done that.
    logLevel: "Error",
    entryFileName: "index",
    membersWithOwnFile: ["Class", "Function", "Variable"], // Types stand together on the page of their entry point.
    hidePageHeader: true,
    hideBreadcrumbs: true,
    useCodeBlocks: true,
    parametersFormat: "table",
    propertyMembersFormat: "table",
    interfacePropertiesFormat: "table",
    typeDeclarationFormat: "table",
    tableColumnSettings: { hideSources: true },
    pageTitleTemplates: { member: "{name}" },
    excludeExternals: true,
    groupOrder: ["Functions", "Classes", "Variables", "*"],
    useCustomAnchors: true,
  });
  const project = await application.convert();
  if (project === undefined) throw new Error("TypeDoc could not read the sources.");
  for (const module of project.children) {
    const source = Object.keys(entries).find((path) => module.sources?.[0]?.fullFileName.endsWith(`/${path}`));
    if (source === undefined) throw new Error(`No public name for the module ${module.name}.`);
    module.name = entries[source];
  }
  // Their lines change with each edit, and say nothing to a user.
  for (const reflection of Object.values(project.reflections)) delete reflection.sources;
  await application.generateOutputs(project);
  if (application.logger.hasErrors()) throw new Error("TypeDoc reported errors, see above.");
  const tree = JSON.parse(readFileSync(navigation, "utf8"));
  rmSync(navigation);
  return tree;
}
