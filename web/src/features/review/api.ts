/** Reviews: the queue and who holds what, verdicts and undo, shares, progress, disagreement. */

import { queryOptions } from "@tanstack/react-query";
import { api, request, unwrap } from "@/api/client";
import type {
  ReviewAssigned,
  ReviewerProgress,
  ReviewItem,
  ReviewProgress,
  ReviewQueue,
  ReviewScoring,
  ReviewVerdict,
} from "@/api/schema";
import { localPath } from "@/lib/local-path";
import type { ReviewSearch } from "./search";

export type {
  ReviewAssigned,
  ReviewerProgress,
  ReviewItem,
  ReviewProgress,
  ReviewQueue,
  ReviewScoring,
  ReviewVerdict,
};

const API = "/api/v1/developer/datasets/by-name/{name}/review";

export const reviewKeys = {
  all: ["review"] as const,
  dataset: (name: string) => ["review", name] as const,
  queue: (name: string, search: ReviewSearch) => ["review", name, "queue", search] as const,
  progress: (name: string) => ["review", name, "progress"] as const,
  scorings: (name: string) => ["review", name, "scorings"] as const,
};

function wishOf(search: ReviewSearch) {
  return {
    order: search.order ?? ("least_confident" as const),
    scope: search.scope ?? ("open" as const),
    assignee: search.assignee ?? null,
    class_name: search.class_name ?? null,
    min_confidence: search.min_confidence ?? null,
    max_confidence: search.max_confidence ?? null,
  };
}

/** The front of the queue, of which the first `hold` images are the caller's for ten minutes. */
export async function takeNext(
  name: string,
  search: ReviewSearch,
  options: { hold: number; limit: number; exclude: readonly string[]; first: string | null },
): Promise<ReviewQueue> {
  const body = { ...wishOf(search), ...options, exclude: [...options.exclude] };
  return await unwrap(api.POST(`${API}/next`, { params: { path: { name } }, body }));
}

/** The same for somebody who only looks: nothing is held. */
export async function readQueue(name: string, search: ReviewSearch, limit: number): Promise<ReviewQueue> {
  const { assignee, class_name, min_confidence, max_confidence, ...rest } = wishOf(search);
  const query = {
    ...rest,
    assignee: assignee ?? undefined,
    class_name: class_name ?? undefined,
    min_confidence: min_confidence ?? undefined,
    max_confidence: max_confidence ?? undefined,
    limit,
  };
  return await unwrap(api.GET(`${API}/queue`, { params: { path: { name }, query } }));
}

/** Keep an image for longer, as while it is edited; also brings it to the front again. */
export async function holdImage(name: string, imageId: string, minutes: number): Promise<ReviewItem> {
  const body = { image_id: imageId, minutes };
  return (await unwrap(api.POST(`${API}/hold`, { params: { path: { name } }, body }))).item;
}

/** Let others have what the caller holds; outlives the page. */
export async function releaseAll(name: string): Promise<void> {
  await request(`/api/v1/developer/datasets/by-name/${encodeURIComponent(name)}/review/release`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: "{}",
    keepalive: true,
  });
}

export interface Decision {
  imageId: string;
  verdict: "accept" | "reject";
  /** Of the annotations that were looked at. */
  version: number;
  note?: string;
}

/** @throws ApiProblem - 409 where the annotations changed, somebody else has the image, or somebody decided. */
export async function decide(name: string, decision: Decision): Promise<ReviewVerdict> {
  const body = {
    image_id: decision.imageId,
    verdict: decision.verdict,
    expected_version: decision.version,
    note: decision.note || null,
  };
  return (await unwrap(api.POST(`${API}/verdicts`, { params: { path: { name } }, body }))).verdict;
}

export async function undoVerdict(name: string, verdictId: string): Promise<ReviewVerdict> {
  const path = { name, verdict_id: verdictId };
  return (await unwrap(api.POST(`${API}/verdicts/{verdict_id}/undo`, { params: { path } }))).verdict;
}

export function progressQuery(name: string) {
  return queryOptions({
    queryKey: reviewKeys.progress(name),
    refetchInterval: 30_000,
    queryFn: async ({ signal }): Promise<ReviewProgress> =>
      await unwrap(api.GET(`${API}/progress`, { params: { path: { name } }, signal })),
  });
}

export interface ShareWish {
  people: string[];
  /** All that are nobody's, if absent. */
  limit?: number;
  search: ReviewSearch;
}

/** What the server deals out at once. */
const SHARED_AT_ONCE = 5_000;

export async function share(name: string, wish: ShareWish): Promise<ReviewAssigned> {
  const { order, class_name, min_confidence, max_confidence } = wishOf(wish.search);
  const given = { people: wish.people, order, class_name, min_confidence, max_confidence };
  const assigned: Record<string, number> = {};
  for (let left = wish.limit ?? Number.POSITIVE_INFINITY; ; ) {
    const limit = Math.min(left, SHARED_AT_ONCE);
    const body = { ...given, limit };
    const answer = await unwrap(api.POST(`${API}/share`, { params: { path: { name } }, body }));
    let dealt = 0;
    for (const [person, count] of Object.entries(answer.assigned)) {
      assigned[person] = (assigned[person] ?? 0) + count;
      dealt += count;
    }
    left -= dealt;
    if (dealt < limit || left <= 0) return { ...answer, assigned };
  }
}

export async function assign(name: string, imageIds: string[], assignee: string): Promise<ReviewAssigned> {
  const body = { image_ids: imageIds, assignee };
  return await unwrap(api.POST(`${API}/assign`, { params: { path: { name } }, body }));
}

/** Make images nobody's: a person's, or all. */
export async function unassign(name: string, assignee?: string): Promise<number> {
  const body = { assignee: assignee ?? null };
  for (let total = 0; ; ) {
    const answer = await unwrap(api.POST(`${API}/unassign`, { params: { path: { name } }, body }));
    total += answer.count;
    if (!answer.has_more) return total;
  }
}

export function scoringsQuery(name: string) {
  return queryOptions({
    queryKey: reviewKeys.scorings(name),
    queryFn: async ({ signal }): Promise<ReviewScoring[]> => {
      const params = { path: { name }, query: { limit: 5 } };
      return (await unwrap(api.GET(`${API}/disagreement`, { params, signal }))).scorings;
    },
    refetchInterval: ({ state }) => (isRunning(state.data?.[0]) ? 1500 : false),
  });
}

export function isRunning(scoring: ReviewScoring | undefined): boolean {
  return scoring?.status === "pending" || scoring?.status === "running";
}

export interface ScoringWish {
  modelId?: string;
  source?: string;
}

export async function measureDisagreement(name: string, wish: ScoringWish): Promise<ReviewScoring> {
  const body = {
    model_id: wish.modelId ?? null,
    source: wish.source ?? null,
    confidence: null,
    status_filter: "review",
  };
  return (await unwrap(api.POST(`${API}/disagreement`, { params: { path: { name } }, body }))).scoring;
}

export function pictureAddress(item: ReviewItem): string {
  const { id, image_url: address } = item.image;
  return localPath(address ?? `/api/v1/developer/images/${encodeURIComponent(id)}`);
}

export function thumbnailAddress(item: ReviewItem): string | null {
  return item.image.thumbnail_url ? localPath(item.image.thumbnail_url) : null;
}
