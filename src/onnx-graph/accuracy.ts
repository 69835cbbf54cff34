/**
 * How close a file's scores are to those of the published weights.
 *
 * - `exact`: weights in 32-bit floats; only rounding differs
 * - `half`: weights in 16-bit floats
 * - `int8`, `int4`: weights in 8 or 4 bits; with int8 usually the activations too
 */
export type Accuracy = "exact" | "half" | "int8" | "int4";
