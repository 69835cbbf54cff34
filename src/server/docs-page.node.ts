import { readFile } from "node:fs/promises";

/** One file of the docs page. */
export interface PageFile {
  path: string;
  answer(): Promise<Response>;
}

const title = "crossrank";
// The page has no inline script, so that the policy can forbid them.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'";

/**
 * Swagger UI under `/docs`. All its files come from this package; the page contacts no other host.
 *
 * @param basePath the path under which the server is mounted
 */
export function docsPage(basePath: string): PageFile[] {
  const page = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>${title}</title>
<link rel="stylesheet" href="${basePath}/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="${basePath}/docs/swagger-ui-bundle.js"></script>
<script src="${basePath}/docs/start.js"></script>
</body>
</html>
`;
  const start = `SwaggerUIBundle({ url: ${JSON.stringify(`${basePath}/openapi.json`)}, dom_id: "#swagger-ui", validatorUrl: null });\n`;
  const file = (name: string, type: string): PageFile => ({
    path: `/docs/${name}`,
    // The files lie next to the bundle that contains this module.
    answer: async () => reply(await readFile(new URL(`swagger-ui/${name}`, import.meta.url), "utf8"), type),
  });
  return [
    { path: "/docs", answer: async () => reply(page, "text/html; charset=utf-8") },
    { path: "/docs/start.js", answer: async () => reply(start, "text/javascript; charset=utf-8") },
    file("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    file("swagger-ui.css", "text/css; charset=utf-8"),
  ];
}

function reply(body: string, type: string): Response {
  return new Response(body, {
    headers: { "content-type": type, "content-security-policy": policy, "x-content-type-options": "nosniff" },
  });
}
