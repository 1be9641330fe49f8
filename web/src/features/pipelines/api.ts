/** Pipeline runs: their queries, and what can be done with them. */

import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { CreatePipeline, PipelineRun, QuotePipeline } from "@/api/schema";

export type { CreatePipeline, PipelineRun, QuotePipeline };
export type PipelineStatus = PipelineRun["status"];
export type StageName = "upload" | "annotate" | "review" | "train";
export type StageState = NonNullable<NonNullable<PipelineRun["upload"]>["state"]>;

const API = "/api/v1/developer";
const PAGE = 30;

export const pipelineKeys = {
  all: ["pipelines"] as const,
  list: (filter: PipelineFilter) => ["pipelines", "list", filter] as const,
  recent: () => ["pipelines", "recent"] as const,
  run: (id: string) => ["pipelines", "run", id] as const,
  quote: (body: QuotePipeline | null) => ["pipelines", "quote", body] as const,
};

export interface PipelineFilter {
  dataset?: string;
  status?: PipelineStatus;
}

export function isOpen(run: Pick<PipelineRun, "status">): boolean {
  return run.status === "running" || run.status === "waiting";
}

/** Runs, newest first, page by page; asked again while one of them is under way. */
export function pipelineRunsQuery(filter: PipelineFilter) {
  return infiniteQueryOptions({
    queryKey: pipelineKeys.list(filter),
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }) => {
      const query = {
        dataset_name: filter.dataset,
        status: filter.status,
        cursor: pageParam ?? undefined,
        limit: PAGE,
      };
      return await unwrap(api.GET(`${API}/pipelines/`, { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: (query) =>
      query.state.data?.pages.some((page) => page.pipeline_runs.some(isOpen)) ? 3000 : false,
  });
}

/** The newest runs, for the first page. */
export const recentRunsQuery = queryOptions({
  queryKey: pipelineKeys.recent(),
  queryFn: async ({ signal }) =>
    (await unwrap(api.GET(`${API}/pipelines/`, { params: { query: { limit: 8 } }, signal }))).pipeline_runs,
  refetchInterval: (query) => (query.state.data?.some(isOpen) ? 3000 : false),
});

export function pipelineRunQuery(id: string) {
  return queryOptions({
    queryKey: pipelineKeys.run(id),
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET(`${API}/pipelines/{pipeline_id}`, { params: pathOf(id), signal }))).pipeline_run,
  });
}

export function pipelineEvents(id: string): string {
  return `${API}/pipelines/${encodeURIComponent(id)}/events`;
}

/** What a run would cost at most; null while nothing can be said. A refusal names what is wrong with the settings. */
export function quoteQuery(body: QuotePipeline | null) {
  return queryOptions({
    queryKey: pipelineKeys.quote(body),
    enabled: body !== null,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
    retry: false,
    queryFn: async ({ signal }) => {
      if (body === null) return null;
      return (await unwrap(api.POST(`${API}/pipelines/quote`, { body, signal }))).quote;
    },
  });
}

export async function createPipelineRun(body: CreatePipeline): Promise<PipelineRun> {
  return (await unwrap(api.POST(`${API}/pipelines/`, { body }))).pipeline_run;
}

/** Say that the images are there, or that people have looked long enough. */
export async function continueRun(id: string, acceptRest = false): Promise<PipelineRun> {
  const body = { accept_rest: acceptRest };
  return (await unwrap(api.POST(`${API}/pipelines/{pipeline_id}/continue`, { params: pathOf(id), body })))
    .pipeline_run;
}

export async function cancelRun(id: string): Promise<PipelineRun> {
  return (await unwrap(api.POST(`${API}/pipelines/{pipeline_id}/cancel`, { params: pathOf(id) })))
    .pipeline_run;
}

export async function resumeRun(id: string): Promise<PipelineRun> {
  return (await unwrap(api.POST(`${API}/pipelines/{pipeline_id}/resume`, { params: pathOf(id) })))
    .pipeline_run;
}

/** Begin a new run with the same settings. */
export async function rerunRun(id: string): Promise<PipelineRun> {
  return (await unwrap(api.POST(`${API}/pipelines/{pipeline_id}/rerun`, { params: pathOf(id) })))
    .pipeline_run;
}

export async function renameRun(id: string, name: string): Promise<PipelineRun> {
  return (await unwrap(api.PATCH(`${API}/pipelines/{pipeline_id}`, { params: pathOf(id), body: { name } })))
    .pipeline_run;
}

function pathOf(id: string) {
  return { path: { pipeline_id: id } };
}
