/** Training runs: their queries and what can be done with them. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type {
  CheckTraining,
  CreateExport,
  CreateTrainingRun,
  EstimateTraining,
  Pipeline,
  TrainingEpoch,
  TrainingRun,
} from "@/api/schema";

export type { Pipeline, TrainingEpoch, TrainingRun };
export type PipelineName = Pipeline["name"];
export type RunStatus = TrainingRun["status"];
export type GpuType = NonNullable<TrainingRun["gpu_type"]>;

const LIVE: readonly RunStatus[] = ["pending", "queued", "running"];

export function isLive(run: Pick<TrainingRun, "status">): boolean {
  return LIVE.includes(run.status);
}

export interface RunFilter {
  dataset?: string;
  pipeline?: PipelineName;
  status?: RunStatus;
}

const PAGE = 50;

/** The newest runs of a filter, `pages` of fifty of them; asked again while one of them is under way. */
export function runsQuery(filter: RunFilter, pages = 1) {
  const limit = pages * PAGE;
  return queryOptions({
    queryKey: ["training", "list", filter, limit],
    queryFn: async ({ signal }) => {
      const query = {
        dataset_name: filter.dataset,
        pipeline_type: filter.pipeline,
        status: filter.status,
        // One more tells whether there is a further page.
        limit: Math.min(limit + 1, 500),
      };
      const answer = await unwrap(api.GET("/api/v1/developer/training/", { params: { query }, signal }));
      return {
        runs: answer.training_runs.slice(0, limit),
        hasMore: answer.training_runs.length > limit,
      };
    },
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.runs.some(isLive) ? 2000 : false),
  });
}

export function runQuery(id: string) {
  return queryOptions({
    queryKey: ["training", "run", id],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET("/api/v1/developer/training/{run_id}", { params: { path: { run_id: id } }, signal }),
        )
      ).training_run,
  });
}

/** Every epoch that the run reported so far. */
export function epochsQuery(id: string) {
  return queryOptions({
    queryKey: ["training", "epochs", id],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET("/api/v1/developer/training/{run_id}/history", {
            params: { path: { run_id: id } },
            signal,
          }),
        )
      ).epochs,
  });
}

/** Which image was in which split; a run that has not looked at its data yet is refused. */
export function splitsQuery(id: string) {
  return queryOptions({
    queryKey: ["training", "splits", id],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET("/api/v1/developer/training/{run_id}/splits", { params: { path: { run_id: id } }, signal }),
        )
      ).splits,
  });
}

export const pipelinesQuery = queryOptions({
  queryKey: ["training", "pipelines"],
  staleTime: 300_000,
  queryFn: async ({ signal }) =>
    (await unwrap(api.GET("/api/v1/developer/training/pipelines", { signal }))).pipelines,
});

/** What a run would cost at most; null while nothing can be said. A refusal names what is wrong with the settings. */
export function estimateQuery(body: EstimateTraining | null) {
  return queryOptions({
    queryKey: ["training", "estimate", body],
    enabled: body !== null,
    staleTime: 30_000,
    placeholderData: keepPreviousData,
    retry: false,
    queryFn: async ({ signal }) => {
      if (body === null) return null;
      return (await unwrap(api.POST("/api/v1/developer/training/estimate", { body, signal }))).estimate;
    },
  });
}

export async function createRun(body: CreateTrainingRun): Promise<TrainingRun> {
  return (await unwrap(api.POST("/api/v1/developer/training/", { body }))).training_run;
}

export async function cancelRun(id: string): Promise<TrainingRun> {
  return (
    await unwrap(api.POST("/api/v1/developer/training/{run_id}/cancel", { params: { path: { run_id: id } } }))
  ).training_run;
}

export function runEvents(id: string): string {
  return `/api/v1/developer/training/${encodeURIComponent(id)}/events`;
}

/** Freeze images of a dataset for a run to learn from. */
export async function createExport(body: CreateExport) {
  return (await unwrap(api.POST("/api/v1/developer/exports/", { body }))).export;
}

export async function fetchExport(datasetName: string, exportName: string) {
  const path = { dataset_name: datasetName, export_name: exportName };
  return (
    await unwrap(api.GET("/api/v1/developer/exports/{dataset_name}/{export_name}", { params: { path } }))
  ).export;
}

/** The dataset's exports that a run can learn from, newest first. */
export function trainableExportsQuery(datasetName: string) {
  return queryOptions({
    queryKey: ["exports", "trainable", datasetName],
    enabled: datasetName !== "",
    queryFn: async ({ signal }) => {
      const query = { dataset_name: datasetName, status: "completed" as const, limit: 1000 };
      const answer = await unwrap(api.GET("/api/v1/developer/exports/", { params: { query }, signal }));
      const now = Date.now();
      return answer.exports.filter(
        (each) =>
          each.format === "pictograph" &&
          each.include_images &&
          (each.image_count ?? 0) > 0 &&
          !(each.expires_at && new Date(each.expires_at).getTime() <= now),
      );
    },
  });
}

/** Versions of the dataset that are whole, newest first. */
export function versionsForTrainingQuery(datasetName: string) {
  return queryOptions({
    queryKey: ["versions", "for-training", datasetName],
    enabled: datasetName !== "",
    queryFn: async ({ signal }) => {
      const path = { dataset_name: datasetName };
      const answer = await unwrap(
        api.GET("/api/v1/developer/datasets/by-name/{dataset_name}/versions", { params: { path }, signal }),
      );
      return answer.versions.filter((each) => each.status === "ready");
    },
  });
}

/** Names of datasets with how many images they have, for a choice. */
export const datasetChoiceQuery = queryOptions({
  queryKey: ["datasets", "choice-for-training"],
  queryFn: async ({ signal }) => {
    const query = { limit: 1000 };
    return (await unwrap(api.GET("/api/v1/developer/datasets/", { params: { query }, signal }))).datasets;
  },
});

/** A dataset by its id: runs and models know the id only. Null once it is deleted. */
export function datasetByIdQuery(id: string | null | undefined) {
  return queryOptions({
    queryKey: ["datasets", "by-id-for-training", id],
    enabled: Boolean(id),
    staleTime: 60_000,
    retry: false,
    queryFn: async ({ signal }) => {
      const answer = await api.GET("/api/v1/developer/datasets/{dataset_id}", {
        params: { path: { dataset_id: id ?? "" } },
        signal,
      });
      return answer.response.status === 404 ? null : (await unwrap(Promise.resolve(answer))).dataset;
    },
  });
}

export function datasetCountsQuery(name: string) {
  return queryOptions({
    queryKey: ["datasets", "counts-for-training", name],
    enabled: name !== "",
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET("/api/v1/developer/datasets/by-name/{name}/counts", { params: { path: { name } }, signal }),
        )
      ).counts,
  });
}

/** Whether a run could start like this, whatever its data; the refusal tells why not. */
export function checkQuery(body: CheckTraining | null) {
  return queryOptions({
    queryKey: ["training", "check", body],
    enabled: body !== null,
    staleTime: 30_000,
    retry: false,
    queryFn: async ({ signal }) => {
      if (body !== null) await unwrap(api.POST("/api/v1/developer/training/check", { body, signal }));
      return true;
    },
  });
}

/** The models that a run of a pipeline can go on from, newest first. */
export function parentsQuery(pipeline: PipelineName | undefined) {
  return queryOptions({
    queryKey: ["training", "parents", pipeline],
    enabled: pipeline !== undefined,
    queryFn: async ({ signal }) => {
      const query = { pipeline_type: pipeline, status: "completed" as const, limit: 500 };
      const answer = await unwrap(api.GET("/api/v1/developer/training/", { params: { query }, signal }));
      return answer.training_runs.flatMap((run) =>
        run.model_id ? [{ modelId: run.model_id, name: run.name, madeAt: run.completed_at }] : [],
      );
    },
  });
}
