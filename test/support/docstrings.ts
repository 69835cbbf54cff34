/** Finds exported names without a docstring. */
import ts from "typescript";

/** Each exported declaration of a file that no docstring comes before, as `path: name`. Re-exports are documented where they are declared. */
export function undocumentedExports(path: string, source: string): string[] {
  const documented = new Set<string>();
  const options = { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };
  const file = ts.createSourceFile(path, source, options);
  return file.statements.flatMap((statement) => {
    if (!isExported(statement)) return [];
    const names = namesOf(statement, file);
    const comments = ts.getLeadingCommentRanges(source, statement.pos) ?? [];
    if (comments.some(({ pos }) => source.startsWith("/**", pos))) for (const name of names) documented.add(name);
    // One docstring serves all forms of an overloaded function.
    return names.filter((name) => !documented.has(name)).map((name) => `${path}: ${name}`);
  });
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) === true;
}

function namesOf(statement: ts.Statement, file: ts.SourceFile): string[] {
  if (ts.isVariableStatement(statement)) return statement.declarationList.declarations.map(({ name }) => name.getText(file));
  const { name } = statement as ts.DeclarationStatement;
  return [name?.getText(file) ?? "default"];
}
