import Database from "better-sqlite3";
import { rerank } from "crossrank";

const database = new Database(":memory:");
database.exec("CREATE VIRTUAL TABLE pets USING fts5(text, tokenize = 'porter')");
const insert = database.prepare("INSERT INTO pets (text) VALUES (?)");
insert.run("Cats are independent animals. Do not train them like a dog.");
insert.run("Dog training requires patience.");
insert.run("A goldfish needs a filtered tank.");

const query = "How to train a dog";
// FTS5 has a query language of its own: each word of a person goes in as a quoted string.
const anyWord = query.match(/[\p{L}\p{N}]+/gu).map((word) => `"${word}"`);
const candidates = database.prepare("SELECT rowid, text FROM pets WHERE pets MATCH ? ORDER BY rank LIMIT 30").all(anyWord.join(" OR "));
const [best] = await rerank(query, candidates, { topK: 1, fields: ["text"] });
console.log(best.document.text);
database.close();
