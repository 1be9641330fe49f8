/** Tells a person when a long job of theirs has ended, wherever in the app they are; mounted once, around all pages. */

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useSession } from "@/features/session/use-session";
import { readStored } from "@/lib/storage";
import { notify } from "@/ui/toast";
import { isOver, type Job, jobKeys } from "../api";
import { addressOf, linkOf } from "../links";
import { endWords, secondsOf } from "../words";
import { useLiveJobs } from "./live-jobs";

/** Who waited for less saw it end. */
const LONG_SECONDS = 15;
/** Set by the switch on the jobs page. */
export const BROWSER_NOTICES = "jobs.browser-notices";

export function useJobNotifications(): void {
  const jobs = useLiveJobs();
  const me = useSession().account.id;
  const client = useQueryClient();
  const navigate = useNavigate();
  const before = useRef<ReadonlyMap<string, Job> | null>(null);

  useEffect(() => {
    if (jobs === null) return;
    const known = before.current;
    before.current = new Map(jobs.map((job) => [job.id, job]));
    // What was over when the page was opened is no news.
    if (known === null) return;
    const ended = jobs.filter((job) => isOver(job) && !isOver(known.get(job.id) ?? job));
    if (ended.length > 0) void client.invalidateQueries({ queryKey: jobKeys.all });
    for (const job of ended.filter((each) => isWorthTelling(each, me))) {
      const link = linkOf(job);
      const action = link ? { label: "Show", onSelect: () => void navigate(link as never) } : undefined;
      notify({ ...endWords(job), action, durationMs: 12_000 });
      tellBrowser(job);
    }
  }, [jobs, me, client, navigate]);
}

export function isWorthTelling(job: Job, me: string): boolean {
  if (job.created_by !== me || job.state === "cancelled") return false;
  return job.state === "failed" || (secondsOf(job, new Date()) ?? 0) >= LONG_SECONDS;
}

/** Only where the person asked for it, and looks at something else. */
function tellBrowser(job: Job): void {
  if (document.visibilityState === "visible" || !readStored(BROWSER_NOTICES, false)) return;
  if (typeof Notification === "undefined" || Notification.permission !== "granted") return;
  const { title, detail } = endWords(job);
  const notice = new Notification(title, { body: detail, tag: job.id, icon: "/favicon.svg" });
  notice.onclick = () => {
    window.focus();
    window.location.assign(addressOf(job));
  };
}
