/** Warnings of results. */

/** crossrank did something differently from what the caller may expect. Otherwise the results are right. */
export type RerankWarning =
  | {
      /** A pair was longer than the model reads, and was cut. */
      type: "truncated";
      /** One sentence for people. */
      message: string;
      /** Index of the document in the caller's list. */
      index: number;
      /** Tokens of the whole pair; a lower bound for texts so long that they were cut by characters first. */
      tokens: number;
      /** Whether `tokens` is a lower bound. */
      isLowerBound?: true;
      /** Tokens the model read. */
      maxTokens: number;
    }
  | {
      /** Not all of a document's passages were scored: `maxPassages` or `maxDocumentTokens` of `longDocuments` left some out. */
      type: "unread-passages";
      /** One sentence for people. */
      message: string;
      /** Place of the document in the caller's list. */
      index: number;
      /** Passages that were scored. */
      passages: number;
    }
  | {
      /** The model's license forbids commercial use. Only the first result after loading has this warning. */
      type: "license";
      /** One sentence for people. */
      message: string;
      /** Its name in the catalogue. */
      model: string;
      /** SPDX identifier. */
      license: string;
    }
  | {
      /** An option has no meaning for this model and was not used. */
      type: "ignored-option";
      /** One sentence for people. */
      message: string;
      /** Its name in camelCase. */
      option: string;
    }
  | {
      /** The labels of a head with two classes do not show which one means relevant. crossrank uses class 1. */
      type: "unread-labels";
      /** One sentence for people. */
      message: string;
      /** Of class 0 and class 1. */
      labels: readonly string[];
    }
  | {
      /** No document has a field of `fields`. */
      type: "missing-field";
      /** One sentence for people. */
      message: string;
      /** Its name, as `fields` has it. */
      field: string;
    }
  | {
      /** crossrank used a replacement: the CPU because a device was not available, or the next model of a `fallback`. */
      type: "fallback";
      /** One sentence for people. */
      message: string;
    }
  | {
      /** Documents without a visible character were not sent to a hosted model, and come last. */
      type: "blank";
      /** One sentence for people. */
      message: string;
      /** Their indices in the caller's list. */
      indices: readonly number[];
    }
  | {
      /** Documents could not be scored, and are left out of the results; only with `onError: "partial"`. */
      type: "partial";
      /** One sentence for people. */
      message: string;
      /** Their indices in the caller's list. */
      indices: readonly number[];
    };
