/** What the server holds of an image's annotations, and when two annotations say the same. */

import type { AnnotationList } from "@/api/schema";
import { type Annotation, sceneFromWire } from "@/canvas/scene";

/** Who or what made an annotation, as the server knows it. */
export interface Provenance {
  made_by: string;
  made_at: string;
  prompt?: string;
  threshold?: number;
  confidence?: number;
  job_id?: string;
  edited_by?: string;
  edited_at?: string;
}

/** What an engine found and a person took: whether they corrected it shows once it is saved. */
export interface Taken {
  engine: string;
  prompt?: string;
  threshold?: number;
  /** As it was found. */
  found: Annotation;
  /** Somebody had corrected it before: it was deleted, and is being put back. */
  wasEdited?: boolean;
}

/** What the server holds of an image's annotations. */
export interface StoredAnnotations {
  version: number;
  annotations: readonly Annotation[];
  provenance: Record<string, Provenance>;
  status: AnnotationList["status"];
}

export type ImageStatus = AnnotationList["status"];

export function storedAnnotations(answer: AnnotationList): StoredAnnotations {
  return {
    version: answer.annotation_version,
    annotations: sceneFromWire(answer.annotations).annotations,
    provenance: (answer.provenance ?? {}) as unknown as Record<string, Provenance>,
    status: answer.status,
  };
}

/** Whether class, geometry, confidence and attributes agree; who made it does not count, nor a box that follows. */
export function isSameAnnotation(one: Annotation, other: Annotation): boolean {
  return one === other || contentOf(one) === contentOf(other);
}

/** Whether two lists hold the same annotations; their order does not count. */
export function isSameList(one: readonly Annotation[], other: readonly Annotation[]): boolean {
  if (one.length !== other.length) return false;
  const byId = new Map(one.map((each) => [each.id, each]));
  return other.every((each) => {
    const known = byId.get(each.id);
    return known !== undefined && isSameAnnotation(known, each);
  });
}

/** Whether a person has changed what an engine found. */
export function isCorrected(taken: Taken, annotation: Annotation): boolean {
  return taken.wasEdited === true || !isSameAnnotation(taken.found, annotation);
}

function contentOf(annotation: Annotation): string {
  const { type, name, confidence, attributes } = annotation;
  return JSON.stringify([type, name, geometryOf(annotation), confidence ?? 1, attributes ?? []]);
}

/** Numbers in a fixed order: the server may send keys in another one than we do. */
function geometryOf(annotation: Annotation): unknown {
  switch (annotation.type) {
    case "bbox": {
      const { x, y, w, h } = annotation.bounding_box;
      return [x, y, w, h];
    }
    case "polygon":
      return annotation.polygon.paths.map((ring) => ring.map(({ x, y }) => [x, y]));
    case "polyline":
      return annotation.polyline.path.map(({ x, y }) => [x, y]);
    case "keypoint":
      return [annotation.keypoint.x, annotation.keypoint.y];
  }
}
