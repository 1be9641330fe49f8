/** Images of a dataset: pages of them, what is drawn on them, and changes to many at once. */

import { queryOptions } from "@tanstack/react-query";
import { api, request, unwrap } from "@/api/client";
import type {
  BatchEstimate,
  BatchJob,
  BatchResult,
  BulkChange,
  ChangeMatching,
  DatasetImage,
  Duplicates,
  ImageList,
  SimilarImage,
  StartBatch,
} from "@/api/schema";
import type { Shape } from "@/canvas/scene";
import { localPath } from "@/lib/local-path";
import type { ListSearch } from "./search";

export type {
  BatchEstimate,
  BatchJob,
  BatchResult,
  BulkChange,
  DatasetImage,
  Duplicates,
  ImageList,
  SimilarImage,
  StartBatch,
};
export type ImageStatus = DatasetImage["status"];
export type DuplicateHandling = "rename" | "skip" | "overwrite";

const API = "/api/v1/developer";
/** Images of one request of the gallery. */
export const PAGE_SIZE = 120;

/** A list of images; the trash is one too. */
export interface ImageFilter extends ListSearch {
  archived?: boolean;
}

export const imageKeys = {
  all: (name: string) => ["images", name] as const,
  page: (name: string, list: ImageFilter, page: number) => ["images", name, "page", list, page] as const,
  pages: (name: string, list: ImageFilter) => ["images", name, "pages", list] as const,
  annotations: (name: string, ids: readonly string[]) => ["images", name, "annotations", ids] as const,
  duplicates: (name: string, distance: number) => ["images", name, "duplicates", distance] as const,
  similar: (imageId: string) => ["images", "similar", imageId] as const,
};

/** A page of the list by its number. The first one says how many there are, and whether the others can be asked for. */
export function imagePageQuery(name: string, list: ImageFilter, page: number) {
  return queryOptions({
    queryKey: imageKeys.page(name, list, page),
    staleTime: 30_000,
    queryFn: async ({ signal }): Promise<ImageList> => {
      const at = page === 0 ? { with_total: true } : { offset: page * PAGE_SIZE };
      const query = { ...list, ...at, dataset_name: name, limit: PAGE_SIZE };
      return await unwrap(api.GET(`${API}/images/`, { params: { query }, signal }));
    },
    refetchInterval: (query) => (isArriving(query.state.data) ? 2000 : false),
  });
}

/** Whether thumbnails of new images are still being made. */
function isArriving(page: ImageList | undefined): boolean {
  const since = Date.now() - 10 * 60_000;
  return page?.images.some((image) => !image.thumbnail_url && Date.parse(image.created_at) > since) ?? false;
}

/** The page behind a cursor, for lists too long to be counted with their filters. */
export async function pageBehind(
  name: string,
  list: ImageFilter,
  cursor: string | null,
  signal: AbortSignal,
): Promise<ImageList> {
  const at = cursor === null ? { with_total: true } : { cursor };
  const query = { ...list, ...at, dataset_name: name, limit: PAGE_SIZE };
  return await unwrap(api.GET(`${API}/images/`, { params: { query }, signal }));
}

/** What is drawn on some thumbnails: image id -> annotations. */
export function annotationsQuery(name: string, ids: readonly string[]) {
  return queryOptions({
    queryKey: imageKeys.annotations(name, ids),
    staleTime: 15_000,
    enabled: ids.length > 0,
    // Thousands of polygons: comparing old and new takes longer than drawing them.
    structuralSharing: false,
    queryFn: async ({ signal }): Promise<Record<string, readonly Shape[]>> => {
      const response = await request(`${API}/annotations/query`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ image_ids: ids }),
        signal,
      });
      return ((await response.json()) as { annotations: Record<string, readonly Shape[]> }).annotations;
    },
  });
}

/** Yield the ids of all images that match, some thousands at a time. */
export async function* idsMatching(
  name: string,
  list: ImageFilter,
  signal: AbortSignal,
): AsyncGenerator<string[]> {
  let cursor: string | null = null;
  do {
    const query: ImageFilter & { cursor?: string } = { ...list, ...(cursor === null ? {} : { cursor }) };
    const params = { path: { name }, query };
    const answer: { image_ids: string[]; next_cursor: string | null } = await unwrap(
      api.GET(`${API}/datasets/by-name/{name}/image-ids`, { params, signal }),
    );
    cursor = answer.next_cursor;
    yield answer.image_ids;
  } while (cursor !== null);
}

export function thumbnailOf(image: Pick<DatasetImage, "thumbnail_url">): string | null {
  return image.thumbnail_url ? localPath(image.thumbnail_url) : null;
}

/** The thumbnail of an image of which only the id is known. */
export function thumbnailAddress(imageId: string): string {
  return `${API}/images/${encodeURIComponent(imageId)}/thumbnail`;
}

// --- changes to many ---

export type BulkOperation =
  | { kind: "status"; status: ImageStatus }
  | { kind: "move"; folder: string; handling: DuplicateHandling }
  | { kind: "copy"; dataset: string; withAnnotations: boolean }
  | { kind: "tag"; add: string[]; remove: string[] }
  | { kind: "archive" }
  | { kind: "restore" }
  | { kind: "assign"; person: string; personName: string; toReview: boolean }
  | { kind: "delete" };

/** Change all images that match a list, but for these; of many, a job does it that `job_id` names. */
export async function changeMatching(
  name: string,
  { sort: _sort, ...filter }: ImageFilter,
  except: string[],
  operation: BulkOperation,
): Promise<BulkChange> {
  const body = {
    dataset_name: name,
    filter: { recursive: true, archived: false, ...filter },
    except_ids: except,
    change: wireOf(operation),
  };
  return await unwrap(api.POST(`${API}/batch/matching`, { body }));
}

/** Change images by their ids as one change; of many, a job does it that `job_id` names. */
export async function changeNamed(
  name: string,
  ids: readonly string[],
  operation: BulkOperation,
): Promise<BulkChange> {
  const body = { dataset_name: name, image_ids: [...ids], change: wireOf(operation) };
  return await unwrap(api.POST(`${API}/batch/matching`, { body }));
}

function wireOf(operation: BulkOperation): ChangeMatching["change"] {
  switch (operation.kind) {
    case "move":
      return {
        kind: "move",
        target_folder_path: operation.folder,
        duplicate_handling: operation.handling,
      };
    case "copy":
      return {
        kind: "copy",
        target_dataset_name: operation.dataset,
        duplicate_handling: "skip",
        copy_annotations: operation.withAnnotations,
      };
    case "restore":
      return { kind: "restore", duplicate_handling: "rename" };
    case "assign":
      return { kind: "assign", assignee: operation.person, to_review: operation.toReview };
    default:
      return operation;
  }
}

/** Change some images; ten thousand at most. */
export async function changeImages(
  name: string,
  ids: readonly string[],
  operation: Exclude<BulkOperation, { kind: "assign" }>,
): Promise<BatchResult> {
  const of = { dataset_name: name, image_ids: [...ids] };
  switch (operation.kind) {
    case "status":
      return await unwrap(
        api.PATCH(`${API}/batch/images/update`, { body: { ...of, updates: { status: operation.status } } }),
      );
    case "move": {
      const body = {
        ...of,
        target_folder_path: operation.folder,
        duplicate_handling: operation.handling,
      };
      return await unwrap(api.POST(`${API}/batch/images/move`, { body }));
    }
    case "copy": {
      const body = {
        ...of,
        target_dataset_name: operation.dataset,
        duplicate_handling: "skip" as const,
        copy_annotations: operation.withAnnotations,
      };
      return await unwrap(api.POST(`${API}/batch/images/copy-to-dataset`, { body }));
    }
    case "tag": {
      const body = { ...of, add: operation.add, remove: operation.remove };
      return await unwrap(api.POST(`${API}/batch/images/tag`, { body }));
    }
    case "archive":
      return await unwrap(api.POST(`${API}/batch/images/delete`, { body: { ...of, permanent: false } }));
    case "restore":
      return await unwrap(
        api.POST(`${API}/batch/images/restore`, { body: { ...of, duplicate_handling: "rename" } }),
      );
    case "delete":
      return await unwrap(api.POST(`${API}/batch/images/delete`, { body: { ...of, permanent: true } }));
  }
}

export async function moveFolder(name: string, folder: string, target: string): Promise<BulkChange> {
  const body = {
    dataset_name: name,
    folder_path: folder,
    target_path: target,
    duplicate_handling: "rename" as const,
  };
  return await unwrap(api.POST(`${API}/batch/folders/move`, { body }));
}

export async function archiveFolder(name: string, folder: string): Promise<BulkChange> {
  const body = { dataset_name: name, folder_path: folder, permanent: false };
  return await unwrap(api.POST(`${API}/batch/folders/delete`, { body }));
}

export async function restoreTrash(name: string): Promise<BulkChange> {
  const body = { dataset_name: name, duplicate_handling: "rename" as const };
  return await unwrap(api.POST(`${API}/batch/trash/restore`, { body }));
}

export async function emptyTrash(name: string): Promise<BulkChange> {
  return await unwrap(api.POST(`${API}/batch/trash/empty`, { body: { dataset_name: name } }));
}

/** How far a change to many images is that a job makes. */
export async function readBulkChange(jobId: string): Promise<BulkChange> {
  return await unwrap(api.GET(`${API}/batch/changes/{job_id}`, { params: { path: { job_id: jobId } } }));
}

// --- finding ---

export function duplicatesQuery(name: string, maxDistance: number) {
  return queryOptions({
    queryKey: imageKeys.duplicates(name, maxDistance),
    staleTime: 60_000,
    queryFn: async ({ signal }): Promise<Duplicates> => {
      const params = { path: { name }, query: { max_distance: maxDistance, limit: 200 } };
      return await unwrap(api.GET(`${API}/datasets/by-name/{name}/duplicates`, { params, signal }));
    },
  });
}

/** Images of the whole dataset that look like one, the most alike first. */
export function similarQuery(imageId: string) {
  return queryOptions({
    queryKey: imageKeys.similar(imageId),
    staleTime: 60_000,
    queryFn: async ({ signal }): Promise<SimilarImage[]> => {
      const query = { image_id: imageId, threshold: 0.5, limit: 60, folder_path: "/" };
      return (await unwrap(api.GET(`${API}/search/similar`, { params: { query }, signal }))).results;
    },
  });
}

// --- labelling ---

export async function quoteBatch(body: StartBatch): Promise<BatchEstimate> {
  return await unwrap(api.POST(`${API}/auto-annotate/batch/quote`, { body }));
}

export async function startBatch(body: StartBatch): Promise<BatchJob> {
  return await unwrap(api.POST(`${API}/auto-annotate/batch`, { body }));
}
