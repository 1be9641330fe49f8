import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowRight, FolderUp, Rocket, ScanEye, Tags } from "lucide-react";
import type { ReactNode } from "react";
import { useMay } from "@/features/session/use-session";
import { buttonClass } from "@/ui/button";
import { Page } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { recentRunsQuery } from "../api";
import { RunTable, RunTableSkeleton } from "../components/run-table";

/** Where everybody begins: start a pipeline, or go on with one. */
export function HomePage() {
  const runs = useQuery(recentRunsQuery);
  const mayStart = useMay("member");
  const isFirst = runs.data?.length === 0;
  return (
    <Page title="Home">
      <section className="flex flex-wrap items-center justify-between gap-6 rounded-xl border border-line bg-surface p-6">
        <div className="max-w-xl">
          <h2 className="font-semibold text-2xl">A folder of images in, a trained model out</h2>
          <p className="mt-1.5 text-muted">
            Drop a folder and type what to look for. The images are labelled, you look at the labels as they
            come and correct what you like, and a model is trained on them.
          </p>
        </div>
        {mayStart && (
          <Link to="/pipelines/new" className={buttonClass("primary", "lg")}>
            <Rocket className="size-4.5" /> New pipeline
          </Link>
        )}
      </section>
      {isFirst ? (
        <ol className="mt-6 grid gap-4 md:grid-cols-3" aria-label="How it works">
          <Step icon={<FolderUp />} title="1. Drop a folder">
            Sub-folders are kept, images that are there already are not sent again. Archives with labels work
            too.
          </Step>
          <Step icon={<Tags />} title="2. Type the classes">
            As words: <em>stop sign</em>, <em>cracked tile</em>. SAM 3 or another network finds them in every
            image.
          </Step>
          <Step icon={<ScanEye />} title="3. Look, correct, train">
            Every number leads to the images behind it. Wait for a review, or let it go on to the model.
          </Step>
        </ol>
      ) : (
        <section className="mt-8" aria-labelledby="recent-runs">
          <div className="mb-3 flex items-center justify-between">
            <h2 id="recent-runs" className="font-semibold text-base">
              Recent runs
            </h2>
            <Link
              to="/pipelines"
              className="flex min-h-6 items-center gap-1 text-accent text-sm hover:underline"
            >
              All runs <ArrowRight className="size-3.5" />
            </Link>
          </div>
          {runs.isError ? (
            <ProblemNote problem={runs.error} onRetry={() => void runs.refetch()} />
          ) : runs.data ? (
            <RunTable runs={runs.data} label="Recent pipeline runs" />
          ) : (
            <RunTableSkeleton />
          )}
        </section>
      )}
    </Page>
  );
}

function Step({ icon, title, children }: { icon: ReactNode; title: string; children: ReactNode }) {
  return (
    <li className="rounded-lg border border-line bg-surface p-4">
      <div className="mb-3 flex size-9 items-center justify-center rounded-full bg-accent-soft text-accent [&_svg]:size-5">
        {icon}
      </div>
      <h3 className="font-semibold">{title}</h3>
      <p className="mt-1 text-muted text-sm">{children}</p>
    </li>
  );
}
