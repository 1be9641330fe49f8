/** Jobs as a table: what each does, for which dataset, how far it is, why it failed. */

import { Link } from "@tanstack/react-router";
import { Square } from "lucide-react";
import { Badge } from "@/ui/badge";
import { IconButton } from "@/ui/icon-button";
import { ProgressBar } from "@/ui/progress-bar";
import { Table, Td, Th, Tr } from "@/ui/table";
import { TimeAgo } from "@/ui/time-ago";
import type { Job } from "../api";
import { linkOf } from "../links";
import { durationWords, stateWords } from "../words";

interface JobTableProps {
  jobs: readonly Job[];
  now: Date;
  mayCancel: boolean;
  onCancel: (job: Job) => void;
}

export function JobTable({ jobs, now, mayCancel, onCancel }: JobTableProps) {
  return (
    <Table label="Jobs">
      <thead>
        <tr>
          <Th>Job</Th>
          <Th className="w-36 lg:w-52">State</Th>
          <Th>Dataset</Th>
          <Th className="hidden lg:table-cell">Started by</Th>
          <Th isNumber>Took</Th>
          <Th>When</Th>
          <Th className="w-12">
            <span className="sr-only">Cancel</span>
          </Th>
        </tr>
      </thead>
      <tbody>
        {jobs.map((job) => (
          <JobRow key={job.id} job={job} now={now} mayCancel={mayCancel} onCancel={onCancel} />
        ))}
      </tbody>
    </Table>
  );
}

function JobRow({ job, now, mayCancel, onCancel }: { job: Job } & Omit<JobTableProps, "jobs">) {
  const words = stateWords(job);
  return (
    <Tr>
      <Td className="max-w-64 lg:max-w-96">
        <JobTitle job={job} />
        {job.error && (
          <p
            title={job.error}
            className={`line-clamp-4 wrap-anywhere text-xs ${job.state === "failed" ? "text-danger" : "text-muted"}`}
          >
            {job.state === "queued" ? `Will be tried again: ${job.error}` : job.error}
          </p>
        )}
      </Td>
      <Td>
        {job.state === "running" && !job.is_cancelling ? (
          <div className="flex flex-col gap-1">
            <span className="flex justify-between gap-2 text-muted text-xs tabular-nums">
              <span className="truncate" title={job.message ?? undefined}>
                {job.message ?? "Running"}
              </span>
              <span>{job.progress} %</span>
            </span>
            <ProgressBar label={`Progress of ${job.title}`} value={job.progress / 100} />
          </div>
        ) : (
          <Badge tone={words.tone}>{words.label}</Badge>
        )}
      </Td>
      <Td className="max-w-36 lg:max-w-48">
        {job.dataset_name ? (
          <Link
            to="/datasets/$name"
            params={{ name: job.dataset_name }}
            title={job.dataset_name}
            className="block truncate hover:text-accent hover:underline"
          >
            {job.dataset_name}
          </Link>
        ) : (
          <span className="text-muted">{job.dataset_id ? "deleted" : "–"}</span>
        )}
      </Td>
      <Td className="hidden max-w-40 lg:table-cell">
        <span className="block truncate" title={job.created_by_name ?? undefined}>
          {job.created_by_name ?? <span className="text-muted">the server</span>}
        </span>
      </Td>
      <Td isNumber className="whitespace-nowrap">
        {durationWords(job, now)}
      </Td>
      <Td className="whitespace-nowrap text-muted">
        <TimeAgo at={job.created_at} />
      </Td>
      <Td>
        {job.can_cancel && mayCancel && (
          <IconButton label={`Cancel ${job.title}`} onClick={() => onCancel(job)}>
            <Square />
          </IconButton>
        )}
      </Td>
    </Tr>
  );
}

function JobTitle({ job }: { job: Job }) {
  const link = linkOf(job);
  const className = "block truncate font-medium";
  if (link === null) {
    return (
      <span className={className} title={job.title}>
        {job.title}
      </span>
    );
  }
  return (
    <Link
      {...(link as object)}
      to={link.to}
      title={job.title}
      className={`${className} hover:text-accent hover:underline`}
    >
      {job.title}
    </Link>
  );
}
