/** Trained models: their queries, and what can be done with them. */

import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, request, unwrap } from "@/api/client";
import type { Model, ModelCard, ModelFile, PredictedObject, Prediction } from "@/api/schema";
import type { Shape } from "@/canvas/scene";
import { type ClassColors, classColors } from "@/lib/class-colors";

export type { Model, ModelCard, ModelFile, Prediction };

export interface ModelListFilter {
  dataset?: string;
  task?: Model["model_type"];
  archived?: boolean;
}

const PAGE = 50;

export function modelsQuery(filter: ModelListFilter, pages = 1) {
  const limit = pages * PAGE;
  return queryOptions({
    queryKey: ["models", "list", filter, limit],
    queryFn: async ({ signal }) => {
      const query = {
        dataset_name: filter.dataset,
        model_type: filter.task,
        status: filter.archived ? ("archived" as const) : undefined,
        // One more tells whether there is a further page.
        limit: Math.min(limit + 1, 500),
      };
      const answer = await unwrap(api.GET("/api/v1/developer/models/", { params: { query }, signal }));
      return { models: answer.models.slice(0, limit), hasMore: answer.models.length > limit };
    },
    placeholderData: keepPreviousData,
  });
}

export function modelQuery(id: string) {
  return queryOptions({
    queryKey: ["models", "model", id],
    staleTime: 60_000,
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET("/api/v1/developer/models/{model_id}", { params: pathOf(id), signal }))).model,
  });
}

/** A model that another names, which may be gone: null then. */
export function relatedModelQuery(id: string | null | undefined) {
  return queryOptions({
    queryKey: ["models", "related", id],
    enabled: Boolean(id),
    retry: false,
    queryFn: async ({ signal }) => {
      const answer = await api.GET("/api/v1/developer/models/{model_id}", {
        params: pathOf(id ?? ""),
        signal,
      });
      return answer.response.status === 404 ? null : (await unwrap(Promise.resolve(answer))).model;
    },
  });
}

/** The models that went on from this one. */
export function childrenQuery(id: string) {
  return queryOptions({
    queryKey: ["models", "children", id],
    queryFn: async ({ signal }) => {
      const query = { parent_model_id: id, limit: 100 };
      return (await unwrap(api.GET("/api/v1/developer/models/", { params: { query }, signal }))).models;
    },
  });
}

export function cardQuery(id: string) {
  return queryOptions({
    queryKey: ["models", "card", id],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET("/api/v1/developer/models/{model_id}/card", { params: pathOf(id), signal })))
        .card,
  });
}

export function filesQuery(id: string) {
  return queryOptions({
    queryKey: ["models", "files", id],
    staleTime: 300_000,
    queryFn: async ({ signal }) =>
      (await unwrap(api.GET("/api/v1/developer/models/{model_id}/files", { params: pathOf(id), signal })))
        .files,
  });
}

/** A fresh link to one of the model's files. */
export async function downloadLink(id: string, file: string) {
  return unwrap(
    api.GET("/api/v1/developer/models/{model_id}/download", { params: { ...pathOf(id), query: { file } } }),
  );
}

export async function deleteModel(id: string): Promise<void> {
  await unwrap(api.DELETE("/api/v1/developer/models/{model_id}", { params: pathOf(id) }));
}

/** What a model is asked about: a file of the person's own, or an image that is here. */
export type Asked = { readonly file: Blob & { name?: string } } | { readonly imageId: string };

interface PredictOptions {
  confidence: number;
  maxDetections?: number;
  signal?: AbortSignal;
}

/** Ask a model about one image; nothing is stored.
 *
 * @throws ApiProblem
 */
export async function predict(modelId: string, asked: Asked, options: PredictOptions): Promise<Prediction> {
  const form = new FormData();
  if ("file" in asked) form.append("file", asked.file, asked.file.name || "image");
  else form.append("image_id", asked.imageId);
  form.append("confidence", String(options.confidence));
  form.append("max_detections", String(options.maxDetections ?? 300));
  const response = await request(`/api/v1/developer/models/${encodeURIComponent(modelId)}/predict`, {
    method: "POST",
    body: form,
    signal: options.signal,
  });
  return (await response.json()) as Prediction;
}

/** Return what a model knows, in the order of its answers. */
export function classNamesOf(model: Pick<Model, "class_mapping">): string[] {
  const entries = Object.entries(model.class_mapping ?? {}).sort(([a], [b]) => Number(a) - Number(b));
  return entries.map(([, name]) => String(name));
}

/** Return the colours of a model's classes: those of the dataset that it learned from, where it is still there. */
export function modelColors(
  names: readonly string[],
  dataset: { readonly classes?: readonly { name: string; color?: string | null }[] } | null | undefined,
): ClassColors {
  const known = dataset?.classes ?? [];
  const others = names.filter((name) => known.every((each) => each.name !== name));
  return classColors([...known, ...others.map((name) => ({ name }))]);
}

/** One object of a prediction, and what is drawn for it: its box, or the outlines of its parts. */
export interface DrawnObject {
  readonly id: string;
  readonly className: string;
  readonly confidence: number;
  readonly shapes: readonly Shape[];
}

export function drawnObjects(prediction: Prediction): DrawnObject[] {
  return (prediction.objects ?? []).map((object, index) => ({
    id: `found-${index}`,
    className: object.class_name,
    confidence: object.confidence,
    shapes: shapesOf(object),
  }));
}

function shapesOf(object: PredictedObject): Shape[] {
  const common = { name: object.class_name, confidence: object.confidence };
  const parts = object.polygons ?? [];
  if (parts.length === 0) return [{ ...common, type: "bbox", bounding_box: object.bounding_box }];
  return parts.map((polygon) => ({ ...common, type: "polygon", polygon }));
}

const pathOf = (id: string) => ({ path: { model_id: id } });
