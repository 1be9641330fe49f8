/** What all pages of a dataset share: its name, what can be done with it, and the way between its pages. */

import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useParams } from "@tanstack/react-router";
import { ChevronRight, Eye, GraduationCap } from "lucide-react";
import { useEffect } from "react";
import { useMay } from "@/features/session/use-session";
import { UploadButton } from "@/features/uploads/components/upload-button";
import { formatBytes, formatPercent, plural } from "@/lib/format";
import { buttonClass } from "@/ui/button";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { TabList, tabClass } from "@/ui/tabs";
import { countsQuery, datasetQuery } from "../api";

/** `end` is what the address ends with. */
const TABS = [
  { to: "/datasets/$name", end: "", label: "Images" },
  { to: "/datasets/$name/classes", end: "/classes", label: "Classes" },
  { to: "/datasets/$name/statistics", end: "/statistics", label: "Statistics" },
  { to: "/datasets/$name/duplicates", end: "/duplicates", label: "Duplicates" },
  { to: "/datasets/$name/versions", end: "/versions", label: "Versions" },
  { to: "/datasets/$name/trash", end: "/trash", label: "Trash" },
  { to: "/datasets/$name/settings", end: "/settings", label: "Settings" },
] as const;

export function DatasetLayout() {
  const { name = "" } = useParams({ strict: false });
  const { pathname } = useLocation();
  const dataset = useQuery(datasetQuery(name));
  const counts = useQuery(countsQuery(name));
  const mayChange = useMay("member");
  const open = TABS.findLast((tab) => pathname.replace(/\/$/, "").endsWith(tab.end)) ?? TABS[0];
  const label = open?.label ?? "Images";
  useEffect(() => {
    document.title = `${label} of ${name} - Pictograph`;
  }, [label, name]);

  if (dataset.error) {
    return (
      <div className="mx-auto w-full max-w-2xl px-6 pt-16">
        <h1 className="mb-3 break-words font-semibold text-xl">The dataset “{name}” cannot be shown</h1>
        <ProblemNote problem={dataset.error} onRetry={() => void dataset.refetch()} />
        <Link to="/datasets" className={`${buttonClass()} mt-3`}>
          All datasets
        </Link>
      </div>
    );
  }
  const inReview = counts.data?.status.review ?? 0;
  const archived = counts.data?.archived_image_count ?? 0;
  return (
    <div className="flex h-full min-h-0 flex-col">
      <header className="px-6 pt-4">
        <div className="flex items-start justify-between gap-x-4 gap-y-2 max-sm:flex-wrap">
          <div className="min-w-0">
            <h1 className="flex min-w-0 items-center gap-1 font-semibold text-xl">
              <Link to="/datasets" className="shrink-0 font-normal text-muted hover:text-text">
                Datasets
              </Link>
              <ChevronRight aria-hidden="true" className="size-4 shrink-0 text-faint" />
              <span className="truncate" title={name}>
                {name}
              </span>
            </h1>
            <div className="mt-0.5 min-h-5 text-muted text-sm tabular-nums">
              {dataset.data && counts.data ? (
                <>
                  {plural(counts.data.image_count, "image")}
                  {counts.data.image_count > 0 &&
                    `, ${formatPercent((counts.data.status.complete ?? 0) / counts.data.image_count)} complete, ${formatBytes(dataset.data.total_size)}`}
                  , {plural(dataset.data.classes?.length ?? 0, "class", "classes")}
                </>
              ) : (
                <Skeleton className="mt-1 h-4 w-64" />
              )}
            </div>
          </div>
          {mayChange && !(dataset.data && counts.data) && (
            // About as wide as what comes: it breaks the line where that will.
            <div aria-hidden="true" className="h-8.5 w-90 max-w-full shrink-0" />
          )}
          {mayChange && dataset.data && counts.data && (
            <div className="flex shrink-0 items-center gap-2 max-sm:flex-wrap">
              {inReview > 0 && (
                <Link to="/datasets/$name/review" params={{ name }} className={buttonClass()}>
                  <Eye className="size-4" /> Review {plural(inReview, "image")}
                </Link>
              )}
              <Link to="/training/new" search={{ dataset: name }} className={buttonClass()}>
                <GraduationCap className="size-4" /> Train
              </Link>
              <UploadButton variant="primary" target={{ datasetName: name, datasetId: dataset.data.id }} />
            </div>
          )}
        </div>
        <div className="mt-2">
          <TabList label="Pages of the dataset">
            {TABS.map((tab) => (
              <Link
                key={tab.label}
                to={tab.to}
                params={{ name }}
                aria-current={tab === open ? "page" : undefined}
                className={tabClass(tab === open)}
              >
                {tab.label}
                {tab.label === "Trash" && archived > 0 && (
                  <span className="text-faint text-xs tabular-nums">{archived}</span>
                )}
              </Link>
            ))}
          </TabList>
        </div>
      </header>
      <div className="min-h-0 grow overflow-y-auto">
        <Outlet />
      </div>
    </div>
  );
}
