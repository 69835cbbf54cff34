/** Writes docs/openapi.json, the OpenAPI document of the built server: `npm run build && node scripts/openapi.mjs`. */
import { writeFileSync } from "node:fs";
import { createRerankServer } from "../dist/server.js";

// Creating the document needs no model.
const server = createRerankServer({ models: [{ name: "none", model: { type: "none" } }] });
const response = await server.fetch(new Request("http://localhost/openapi.json"));
writeFileSync(new URL("../docs/openapi.json", import.meta.url), `${JSON.stringify(await response.json(), null, 2)}\n`);
await server.close();
