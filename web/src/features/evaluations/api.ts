/** Models measured on datasets. */

import { queryOptions } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type {
  ClassEvaluation,
  CreateEvaluation,
  EvaluationRun,
  FoundFigures,
  ModelEvaluation,
  ThresholdCurve,
  WorstImage,
} from "@/api/schema";

export type { ClassEvaluation, EvaluationRun, FoundFigures, ModelEvaluation, ThresholdCurve, WorstImage };

/** In place of an evaluation's id: the one that the model's training ended with. */
export const TRAINING_EVALUATION = "training";

const LIVE: readonly EvaluationRun["status"][] = ["pending", "running"];

export function isLive(run: Pick<EvaluationRun, "status">): boolean {
  return LIVE.includes(run.status);
}

export function evaluationsQuery(modelId: string) {
  return queryOptions({
    queryKey: ["evaluations", "list", modelId],
    queryFn: async ({ signal }) => {
      const params = { path: { model_id: modelId }, query: { limit: 100 } };
      return (await unwrap(api.GET("/api/v1/developer/models/{model_id}/evaluations", { params, signal })))
        .evaluations;
    },
    refetchInterval: (query) => (query.state.data?.some(isLive) ? 2000 : false),
  });
}

export function evaluationQuery(modelId: string, id: string) {
  return queryOptions({
    queryKey: ["evaluations", "run", modelId, id],
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET("/api/v1/developer/models/{model_id}/evaluations/{evaluation_id}", {
            params: { path: { model_id: modelId, evaluation_id: id } },
            signal,
          }),
        )
      ).evaluation,
  });
}

/** Every figure that a model's training ended with; refused where they were not kept. */
export function trainingEvaluationQuery(modelId: string) {
  return queryOptions({
    queryKey: ["evaluations", "training", modelId],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) =>
      (
        await unwrap(
          api.GET("/api/v1/developer/models/{model_id}/evaluation", {
            params: { path: { model_id: modelId } },
            signal,
          }),
        )
      ).evaluation,
  });
}

export function evaluationEvents(modelId: string, id: string): string {
  return `/api/v1/developer/models/${encodeURIComponent(modelId)}/evaluations/${encodeURIComponent(id)}/events`;
}

export async function createEvaluation(modelId: string, body: CreateEvaluation): Promise<EvaluationRun> {
  const params = { path: { model_id: modelId } };
  return (await unwrap(api.POST("/api/v1/developer/models/{model_id}/evaluations", { params, body })))
    .evaluation;
}

export async function cancelEvaluation(modelId: string, id: string): Promise<EvaluationRun> {
  const params = { path: { model_id: modelId, evaluation_id: id } };
  return (
    await unwrap(
      api.POST("/api/v1/developer/models/{model_id}/evaluations/{evaluation_id}/cancel", { params }),
    )
  ).evaluation;
}
