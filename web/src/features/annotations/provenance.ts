/** Who or what made an annotation, in words: «by SAM 3 · “stop sign” · 0.83 · 3 min ago». */

import { type Annotation, isMachineMade } from "@/canvas/scene";
import { formatAgo } from "@/lib/format";
import type { Provenance } from "./documents";

const ENGINES: Record<string, string> = {
  sam3: "SAM 3",
  "grounded-sam2": "Grounded SAM 2",
  owlv2: "OWLv2",
  sam2: "SAM 2",
  grounding_dino: "Grounding DINO",
  "grounding-dino": "Grounding DINO",
};

export interface People {
  /** As provenance names the person who looks. */
  me: string;
  /** Name of a `user:<id>`; undefined for somebody who is not known here. */
  nameOf(maker: string): string | undefined;
}

/** Return who made it: "SAM 3", "you", a name. */
export function makerWords(maker: string, people: People): string {
  if (maker === people.me) return "you";
  if (maker.startsWith("model:")) return `model ${maker.slice("model:".length, "model:".length + 8)}`;
  const engine = ENGINES[maker.slice(0, Math.max(0, maker.indexOf("@")))];
  return engine ?? people.nameOf(maker) ?? "somebody";
}

/** Return the whole story, in parts to be put beside each other; in a list the confidence stands elsewhere. */
export function provenanceWords(
  annotation: Annotation,
  origin: Provenance | undefined,
  people: People,
  now: Date,
  withConfidence = true,
): string[] {
  if (origin === undefined) {
    const by = annotation.created_by ? makerWords(annotation.created_by, people) : "you";
    return [
      `by ${by}`,
      ...(withConfidence && isMachineMade(annotation) ? [annotation.confidence.toFixed(2)] : []),
      "not saved yet",
    ];
  }
  const isMachine = isMachineMade({ created_by: origin.made_by });
  const parts = [`by ${makerWords(origin.made_by, people)}`];
  if (origin.prompt) parts.push(`“${origin.prompt}”`);
  if (isMachine && withConfidence) parts.push((origin.confidence ?? annotation.confidence).toFixed(2));
  parts.push(formatAgo(origin.made_at, now));
  if (origin.edited_by) {
    const by = makerWords(origin.edited_by, people);
    parts.push(`changed by ${by} ${origin.edited_at ? formatAgo(origin.edited_at, now) : ""}`.trim());
  }
  return parts;
}
