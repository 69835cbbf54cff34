/** Writes docs/openapi.json, the OpenAPI document of the built server: npm run build && node scripts/openapi.mjs */
import { writeFileSync } from "node:fs";
import { createRerankServer } from "../dist/server.js";

const server = createRerankServer();
const document = await (await server.fetch(new Request("http://localhost/openapi.json"))).json();
await server.ready;
await server.close();
writeFileSync(new URL("../docs/openapi.json", import.meta.url), `${JSON.stringify(document, null, 2)}\n`);
