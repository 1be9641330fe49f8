/** An image in the editor: what it is, its annotations and their history, its neighbours, and what is saved. */

import { queryOptions } from "@tanstack/react-query";
import { ApiProblem, api, request, unwrap } from "@/api/client";
import type {
  AnnotationState,
  AnnotationVersion,
  BatchEstimate,
  BatchJob,
  BoundingBox,
  DatasetImage,
  ImageAnswer,
  SaveAnswer,
} from "@/api/schema";
import { type Annotation, type Shape, sceneFromWire } from "@/canvas/scene";
import { localPath } from "@/lib/local-path";
import { type ImageStatus, type StoredAnnotations, storedAnnotations } from "./documents";
import type { Answer, Question } from "./prompts/asking";
import type { ListSearch } from "./search";

export type { AnnotationVersion, DatasetImage, ImageAnswer };

const API = "/api/v1/developer";

export const annotationKeys = {
  all: ["annotations"] as const,
  image: (imageId: string) => ["annotations", "image", imageId] as const,
  history: (imageId: string) => ["annotations", "history", imageId] as const,
  neighbors: (imageId: string, list: ListSearch) => ["annotations", "neighbors", imageId, list] as const,
};

export function imageQuery(imageId: string) {
  return queryOptions({
    queryKey: annotationKeys.image(imageId),
    queryFn: ({ signal }) => readImage(imageId, signal),
  });
}

async function readImage(imageId: string, signal?: AbortSignal): Promise<ImageAnswer> {
  const params = { path: { image_id: imageId } };
  return (await unwrap(api.GET(`${API}/images/{image_id}/metadata`, { params, signal }))).image;
}

/** The version of the image's annotations: cheap to ask for. */
export async function readVersion(imageId: string): Promise<number> {
  return (await readImage(imageId)).annotation_version;
}

export async function readStored(imageId: string, signal?: AbortSignal): Promise<StoredAnnotations> {
  const params = { path: { image_id: imageId }, query: { include_provenance: true } };
  return storedAnnotations(await unwrap(api.GET(`${API}/annotations/{image_id}`, { params, signal })));
}

export interface Neighbors {
  /** The nearest first. */
  previous: DatasetImage[];
  next: DatasetImage[];
  index: number | null;
  total: number | null;
}

/** What is before and behind an image in the gallery's list. Asked once: an edit may move the image in it. */
export function neighborsQuery(imageId: string, list: ListSearch) {
  return queryOptions({
    queryKey: annotationKeys.neighbors(imageId, list),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 10 * 60_000,
    refetchOnWindowFocus: false,
    queryFn: async ({ signal }): Promise<Neighbors> => {
      const params = { path: { image_id: imageId }, query: { ...list, with_index: true, limit: 8 } };
      const found = await unwrap(api.GET(`${API}/images/{image_id}/neighbors`, { params, signal }));
      const { previous, next, index, total } = found;
      return { previous, next, index: index ?? null, total: total ?? null };
    },
  });
}

export function historyQuery(imageId: string) {
  return queryOptions({
    queryKey: annotationKeys.history(imageId),
    queryFn: async ({ signal }): Promise<AnnotationVersion[]> => {
      const params = { path: { image_id: imageId }, query: { limit: 100 } };
      return (await unwrap(api.GET(`${API}/annotations/{image_id}/history`, { params, signal }))).versions;
    },
  });
}

/** A version never changes. */
export function versionQuery(imageId: string, version: number) {
  return queryOptions({
    queryKey: [...annotationKeys.history(imageId), version],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }): Promise<readonly Annotation[]> => {
      const params = { path: { image_id: imageId, version: String(version) } };
      const found: AnnotationState = await unwrap(
        api.GET(`${API}/annotations/{image_id}/history/{version}`, { params, signal }),
      );
      return sceneFromWire(found.annotations).annotations;
    },
  });
}

/** What one question costs, and how much is left; null where the server has no price for it. */
export const promptPriceQuery = queryOptions({
  queryKey: ["credits", "prompt-price"],
  staleTime: 60_000,
  retry: false,
  queryFn: async ({ signal }) => {
    const params = { query: { operation: "sam3_auto_annotation" } };
    const found = await unwrap(api.GET(`${API}/credits/estimate`, { params, signal }));
    return { credits: found.minimum, remaining: found.credits_remaining };
  },
});

export interface SaveBody {
  annotations: readonly Annotation[];
  expected_version: number;
  /** The editor saves every few seconds; a person says when the image is done. */
  in_progress: true;
  /** What the engine was asked whose findings were accepted, and whether they have been corrected since. */
  asked?: Record<string, { prompt?: string; threshold?: number; edited: boolean }>;
}

/** Browsers refuse to outlive the page with more than 64 KiB. */
const KEEPALIVE_BYTES = 60_000;

/** @throws ApiProblem - of code `stale_annotations` when somebody else saved since. */
export async function saveAnnotations(
  imageId: string,
  body: SaveBody,
  isLeaving: boolean,
): Promise<SaveAnswer> {
  const text = JSON.stringify(body);
  const response = await request(`${API}/annotations/${encodeURIComponent(imageId)}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: text,
    keepalive: isLeaving && text.length < KEEPALIVE_BYTES,
  });
  return (await response.json()) as SaveAnswer;
}

export async function restoreVersion(
  imageId: string,
  version: number,
  expectedVersion: number,
): Promise<void> {
  const params = { path: { image_id: imageId } };
  const body = { version, expected_version: expectedVersion };
  await unwrap(api.POST(`${API}/annotations/{image_id}/restore`, { params, body }));
}

export async function setStatus(datasetName: string, imageId: string, status: ImageStatus): Promise<void> {
  const body = { dataset_name: datasetName, image_ids: [imageId], updates: { status } };
  const answer = await unwrap(api.PATCH(`${API}/batch/images/update`, { body }));
  const failure = answer.failed?.[0];
  if (failure) throw new ApiProblem(409, "status_not_set", failure.reason, null, answer);
}

export async function setTags(imageId: string, tags: string[]): Promise<string[]> {
  const params = { path: { image_id: imageId } };
  return (await unwrap(api.PUT(`${API}/images/{image_id}/tags`, { params, body: { tags } }))).tags;
}

export interface AskTarget {
  datasetName: string;
  imageId: string;
  /** How sure a click or a box has to be answered. */
  threshold: number;
  /** Of this request: a browser that sends it twice pays once. */
  key: string;
}

/** @throws ApiProblem */
export async function ask(question: Question, target: AskTarget, signal: AbortSignal): Promise<Answer> {
  // The image's id stands for its name: names repeat between folders.
  const about = { dataset_name: target.datasetName, image_filename: target.imageId };
  const init = { params: { header: { "Idempotency-Key": target.key } }, signal };
  if (question.kind === "points") {
    const [first, ...more] = question.prompt.points.filter((each) => each.isPositive).map(({ at }) => at);
    const negative = question.prompt.points.filter((each) => !each.isPositive).map(({ at }) => at);
    const body = {
      ...about,
      x: first?.x ?? 0,
      y: first?.y ?? 0,
      positive_points: more.map(({ x, y }): [number, number] => [x, y]),
      negative_points: negative.map(({ x, y }): [number, number] => [x, y]),
      name: question.className,
      score_threshold: target.threshold,
    };
    const found = await unwrap(api.POST("/api/v1/developer/auto-annotate/sam3/point", { ...init, body }));
    const shapes = found.annotation ? [found.annotation] : [];
    return answerOf(found.status, shapes, found);
  }
  if (question.kind === "box") {
    const box: BoundingBox = { ...question.prompt.box };
    const body = {
      ...about,
      box,
      name: question.className,
      confidence_threshold: target.threshold,
      return_polygon: true,
    };
    const found = await unwrap(api.POST("/api/v1/developer/auto-annotate/sam3/box", { ...init, body }));
    return answerOf(found.status, found.annotations, found);
  }
  const body = {
    ...about,
    text_prompt: question.phrase,
    name: question.className,
    output_type: "polygon" as const,
    confidence_threshold: question.threshold,
    max_detections: 100,
    min_area: 0,
  };
  const found = await unwrap(api.POST("/api/v1/developer/auto-annotate/sam3/text", { ...init, body }));
  return answerOf(found.status, found.annotations, found);
}

function answerOf(
  outcome: Answer["outcome"],
  shapes: readonly unknown[],
  found: { score?: number | null; engine: string },
): Answer {
  return { outcome, shapes: shapes as readonly Shape[], score: found.score ?? null, engine: found.engine };
}

export function imageAddress(image: Pick<ImageAnswer, "image_url" | "id">): string {
  return localPath(image.image_url ?? `${API}/images/${encodeURIComponent(image.id)}`);
}

export function thumbnailAddress(image: Pick<ImageAnswer, "thumbnail_url">): string | null {
  return image.thumbnail_url ? localPath(image.thumbnail_url) : null;
}

// --- find similar on other images ---

export interface SimilarRequest {
  datasetName: string;
  imageId: string;
  boxes: readonly BoundingBox[];
  className: string;
  outputType: "polygon" | "bbox";
  /** Leave out images that have annotations. */
  skipAnnotated: boolean;
}

function similarBody({ datasetName, imageId, boxes, className, outputType, skipAnnotated }: SimilarRequest) {
  return {
    dataset_name: datasetName,
    image: imageId,
    boxes: boxes.map(({ x, y, w, h }) => ({ x, y, w, h })),
    negative_boxes: [],
    name: className,
    output_type: outputType,
    confidence_threshold: 0.5,
    destination: "dataset" as const,
    skip_annotated: skipAnnotated,
    review: true,
  };
}

/** What looking for something like the boxes on the dataset's images would do and cost. */
export function similarQuoteQuery(wanted: SimilarRequest) {
  return queryOptions({
    queryKey: ["annotations", "similar-quote", wanted],
    retry: false,
    queryFn: async ({ signal }): Promise<BatchEstimate> =>
      await unwrap(
        api.POST("/api/v1/developer/auto-annotate/similar/quote", { body: similarBody(wanted), signal }),
      ),
  });
}

export async function startSimilar(wanted: SimilarRequest): Promise<BatchJob> {
  return await unwrap(api.POST("/api/v1/developer/auto-annotate/similar", { body: similarBody(wanted) }));
}
