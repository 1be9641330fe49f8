/** Where the thing is that a job belongs to. */

import type { LinkProps } from "@tanstack/react-router";
import type { Job } from "./api";

export type JobLink = Pick<LinkProps, "to" | "params" | "search">;

/** Return where to look at what a job does, or did; null where there is no such page. */
export function linkOf(job: Job): JobLink | null {
  const { subject } = job;
  const dataset = job.dataset_name ? { name: job.dataset_name } : null;
  switch (subject?.kind) {
    case "training_run":
      return { to: "/training/$runId", params: { runId: subject.id } };
    case "evaluation":
      return subject.model_id
        ? {
            to: "/models/$modelId/evaluations/$evaluationId",
            params: { modelId: subject.model_id, evaluationId: subject.id },
          }
        : null;
    case "export":
      return { to: "/exports", search: (dataset ? { dataset: dataset.name } : {}) as never };
    case "version":
    case "restore":
      return dataset && { to: "/datasets/$name/versions", params: dataset };
    case "class_change":
      return dataset && { to: "/datasets/$name/classes", params: dataset };
    case "scoring":
      return (
        dataset && {
          to: "/datasets/$name/review",
          params: dataset,
          search: { order: "disagreement" } as never,
        }
      );
    default:
      return dataset && { to: "/datasets/$name", params: dataset };
  }
}

/** Return the same as an address, for what is no link: a notice of the browser. */
export function addressOf(job: Job): string {
  const link = linkOf(job);
  if (link === null) return "/jobs";
  const params = (link.params ?? {}) as Record<string, string>;
  const path = String(link.to).replace(/\$(\w+)/g, (_, name: string) =>
    encodeURIComponent(params[name] ?? ""),
  );
  return path;
}
