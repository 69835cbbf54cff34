/** Texts for `crossrank bench` without files: the same on every machine, generated from the words in this file. */
import type { FileDocument } from "../input.ts";

/** A query and documents, ranked in every round. */
export interface Workload {
  name: string;
  query: string;
  documents: readonly FileDocument[];
}

/** A list's number of documents and range of tokens per pair, with special tokens, for BERT's vocabulary. */
interface Shape {
  name: string;
  documents: number;
  shortest: number;
  longest: number;
}

const shapes: readonly Shape[] = [
  { name: "passages", documents: 32, shortest: 110, longest: 170 },
  { name: "abstracts", documents: 16, shortest: 260, longest: 420 },
  { name: "mixed", documents: 32, shortest: 20, longest: 512 },
];
const defaultQuery = "what keeps a small harbour open through the winter";
// Nine words, [CLS] and two [SEP].
const tokensBesideDocument = 12;

// Each is one token of BERT's vocabulary.
const words: readonly string[] = `
  the the the the of of of and and a a in in to to is was for on with as by at from that it this which are were or an be had have
  water river harbour ship island coast wind winter summer storm ice snow rain bridge road station train village town city market
  school library museum church garden field forest mountain valley lake sea stone iron wood glass paper silver copper engine wheel
  doctor patient hospital treatment study research result method group number model theory energy light heat pressure temperature
  system process structure surface material blood cell heart brain disease protein effect evidence trial sample measure value level
  company office worker price trade money bank tax law court council government election minister army war treaty border century
  year month week day night morning history culture language letter book story poem song music film theatre painting artist writer
  small large old new early late long short high low open closed common rare known found built made kept given taken moved grown
  shown used seen held left began became remained followed reached changed often never always still only most many several few
  between through during before after under over against within without across along around near because although while where when
`
  .trim()
  .split(/\s+/);

/**
 * Three lists: passages of about 140 tokens, abstracts of about 340, and a mix of 20 to 512.
 *
 * Spreads lengths evenly over a shape's range, then shuffles them. No two documents are equal, because equal ones are scored only once.
 */
export function generateWorkloads(query: string = defaultQuery): Workload[] {
  return shapes.map((shape, index) => {
    const random = createRandom(index + 1);
    const step = (shape.longest - shape.shortest) / (shape.documents - 1);
    const lengths = Array.from({ length: shape.documents }, (_, document) => Math.round(shape.shortest + document * step));
    const documents = shuffle(lengths, random).map((length) => writeText(length - tokensBesideDocument, random));
    return { name: shape.name, query, documents };
  });
}

/** Sentences of six to twenty words; a full stop is a token too. */
function writeText(tokens: number, random: () => number): string {
  const sentences: string[] = [];
  for (let left = tokens; left > 0; ) {
    const wanted = 7 + Math.floor(random() * 15);
    // If the rest is too short for another sentence, add it to this one.
    const length = left - wanted < 7 ? left : wanted;
    const picked = Array.from({ length: length - 1 }, () => words[Math.floor(random() * words.length)]!);
    sentences.push(`${picked.join(" ")}.`);
    left -= length;
  }
  return sentences.join(" ");
}

function shuffle(values: readonly number[], random: () => number): number[] {
  const shuffled = [...values];
  for (let last = shuffled.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
  }
  return shuffled;
}

/** Numbers in [0, 1), on every machine the same for a seed. @see Numerical Recipes, 3rd edition, 7.1: the constants of its quick generator */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
