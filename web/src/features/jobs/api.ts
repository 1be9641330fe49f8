/** What the server does in the background: a list of every kind of job, and how one is stopped. */

import { infiniteQueryOptions, type QueryClient } from "@tanstack/react-query";
import { api, unwrap } from "@/api/client";
import type { Job } from "@/api/schema";
import type { JobsSearch } from "./search";

export type { Job };
export type JobState = Job["state"];

const API = "/api/v1/developer";
export const JOB_EVENTS_ADDRESS = `${API}/jobs/events`;
const PAGE = 50;

export const jobKeys = {
  all: ["jobs"] as const,
  list: (filter: JobsSearch) => ["jobs", "list", filter] as const,
};

export interface JobPage {
  jobs: Job[];
  next_cursor: string | null;
}

export function jobsQuery(filter: JobsSearch) {
  return infiniteQueryOptions({
    queryKey: jobKeys.list(filter),
    initialPageParam: null as string | null,
    queryFn: async ({ pageParam, signal }): Promise<JobPage> => {
      const query = {
        kind: filter.kind ? [filter.kind] : [],
        state: filter.state ? statesOf(filter.state) : [],
        dataset_name: filter.dataset,
        mine: filter.mine === true,
        cursor: pageParam ?? undefined,
        limit: PAGE,
      };
      return await unwrap(api.GET(`${API}/jobs/`, { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next_cursor,
  });
}

export async function cancelJob(id: string): Promise<Job> {
  const path = { job_id: id };
  return (await unwrap(api.POST(`${API}/jobs/{job_id}/cancel`, { params: { path } }))).job;
}

export function isOver(job: Job): boolean {
  return job.state === "completed" || job.state === "failed" || job.state === "cancelled";
}

export function statesOf(state: NonNullable<JobsSearch["state"]>): JobState[] {
  return state === "live" ? ["queued", "running"] : [state];
}

/** Write newer states of jobs into every list that has them; returns whether some of them are in no list yet. */
export function takeNewer(client: QueryClient, jobs: readonly Job[]): boolean {
  const newer = new Map(jobs.map((job) => [job.id, job]));
  const seen = new Set<string>();
  client.setQueriesData<{ pages: JobPage[]; pageParams: unknown[] }>(
    { queryKey: [...jobKeys.all, "list"] },
    (known) =>
      known && {
        ...known,
        pages: known.pages.map((page) => ({
          ...page,
          jobs: page.jobs.map((job) => {
            seen.add(job.id);
            return newer.get(job.id) ?? job;
          }),
        })),
      },
  );
  return jobs.some((job) => !seen.has(job.id));
}
