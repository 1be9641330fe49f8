/** Annotations as the server sends and takes them, and when two of them say the same. */

import type { AnnotationList, AnnotationState } from "@/api/schema";

/** An annotation on the wire. The server gives every stored one its id; here new ones have one from the start. */
export type AnnotationDocument = AnnotationList["annotations"][number] & { id: string };

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

/** What the server holds of an image's annotations. */
export interface StoredAnnotations {
  version: number;
  annotations: AnnotationDocument[];
  provenance: Record<string, Provenance>;
  status: AnnotationList["status"];
}

export type ImageStatus = AnnotationList["status"];

export function storedAnnotations(answer: AnnotationList): StoredAnnotations {
  return {
    version: answer.annotation_version,
    annotations: asDocuments(answer.annotations),
    provenance: (answer.provenance ?? {}) as unknown as Record<string, Provenance>,
    status: answer.status,
  };
}

/** What is stored always has its id; the schema only says that a save may leave it out. */
export function asDocuments(
  annotations: AnnotationList["annotations"] | AnnotationState["annotations"],
): AnnotationDocument[] {
  return annotations.map((each) => ({ ...each, id: each.id ?? newId() }));
}

/** Whether class, geometry, confidence and attributes agree; who made it does not count, nor a box that follows. */
export function isSameAnnotation(one: AnnotationDocument, other: AnnotationDocument): boolean {
  return one === other || contentOf(one) === contentOf(other);
}

/** Whether two lists hold the same annotations; their order does not count. */
export function isSameList(
  one: readonly AnnotationDocument[],
  other: readonly AnnotationDocument[],
): boolean {
  if (one.length !== other.length) return false;
  const byId = new Map(one.map((each) => [each.id, each]));
  return other.every((each) => {
    const known = byId.get(each.id);
    return known !== undefined && isSameAnnotation(known, each);
  });
}

function contentOf(annotation: AnnotationDocument): string {
  const { type, name, confidence, attributes } = annotation;
  return JSON.stringify([type, name, geometryOf(annotation), confidence ?? 1, attributes ?? []]);
}

/** Numbers in a fixed order: the server may send keys in another one than we do. */
function geometryOf(annotation: AnnotationDocument): unknown {
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

/** A random UUID. `crypto.randomUUID` is missing where the server is reached over plain http by another name. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
