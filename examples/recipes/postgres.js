// PGHOST, PGUSER and the other variables of PostgreSQL say where the database is.
import { rerank } from "crossrank";
import pg from "pg";

const client = new pg.Client();
await client.connect();
await client.query("CREATE EXTENSION IF NOT EXISTS vector");
await client.query("CREATE TEMPORARY TABLE pets (text text, embedding vector(2))");
await client.query(`INSERT INTO pets VALUES
  ('Cats are independent animals. Do not train them like a dog.', '[1, 0]'),
  ('Dog training requires patience.', '[0, 1]'),
  ('A goldfish needs a filtered tank.', '[-1, 0]')`);

const query = "How to train a dog";
// What your embedding model makes of the query stands here.
const embedding = [0.6, 0.4];
// Rows that have a word of the query, and the nearest ones; each row once.
const { rows } = await client.query(
  `WITH words AS (SELECT replace(plainto_tsquery('english', $1)::text, '&', '|')::tsquery AS any_word)
   (SELECT text FROM pets, words WHERE to_tsvector('english', text) @@ any_word
    ORDER BY ts_rank(to_tsvector('english', text), any_word) DESC LIMIT 30)
   UNION
   (SELECT text FROM pets ORDER BY embedding <=> $2 LIMIT 30)`,
  [query, JSON.stringify(embedding)],
);
const [best] = await rerank(query, rows, { topK: 1, fields: ["text"] });
console.log(best.document.text);
await client.end();
