/** The upper edge: the way back, how far the review is, order and filter, reviewers, disagreement. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowLeft, GitCompareArrows, Keyboard, Users } from "lucide-react";
import { useState } from "react";
import { formatCount } from "@/lib/format";
import { IconButton } from "@/ui/icon-button";
import { ProgressBar } from "@/ui/progress-bar";
import { Tooltip } from "@/ui/tooltip";
import { progressQuery } from "../api";
import { REVIEW_KEYS } from "../hooks/use-review-keys";
import type { ReviewSearch } from "../search";
import { DisagreementDialog } from "./disagreement-dialog";
import { PeopleDialog } from "./people-dialog";
import { QueueFilters } from "./queue-filters";

interface ReviewBarProps {
  name: string;
  search: ReviewSearch;
  me: string;
  mayReview: boolean;
  onSearch: (search: ReviewSearch) => void;
  onKeys: () => void;
}

export function ReviewBar({ name, search, me, mayReview, onSearch, onKeys }: ReviewBarProps) {
  const [open, setOpen] = useState<"people" | "disagreement" | null>(null);
  return (
    <header className="flex h-12 shrink-0 items-center gap-2 border-line border-b bg-surface px-2">
      <Tooltip label="Back to the gallery">
        <Link
          to="/datasets/$name"
          params={{ name }}
          aria-label="Back to the gallery"
          className="inline-flex size-8 shrink-0 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-text pointer-coarse:size-10"
        >
          <ArrowLeft aria-hidden="true" className="size-4" />
        </Link>
      </Tooltip>
      <h1 className="min-w-0 shrink truncate font-medium" title={`Review of ${name}`}>
        Review <span className="text-muted max-md:hidden">of {name}</span>
      </h1>
      <Progress name={name} />
      <div className="grow" />
      <QueueFilters name={name} search={search} me={me} onChange={onSearch} />
      {mayReview && (
        <IconButton label="Measure disagreement" onClick={() => setOpen("disagreement")}>
          <GitCompareArrows />
        </IconButton>
      )}
      <IconButton label="Reviewers" onClick={() => setOpen("people")}>
        <Users />
      </IconButton>
      <IconButton label="Keys" shortcut={REVIEW_KEYS.keys} onClick={onKeys}>
        <Keyboard />
      </IconButton>
      <PeopleDialog
        name={name}
        search={search}
        mayShare={mayReview}
        isOpen={open === "people"}
        onClose={() => setOpen(null)}
      />
      <DisagreementDialog name={name} isOpen={open === "disagreement"} onClose={() => setOpen(null)} />
    </header>
  );
}

function Progress({ name }: { name: string }) {
  const { data } = useQuery(progressQuery(name));
  const decided = data ? data.accepted + data.fixed + data.rejected : 0;
  const total = decided + (data?.in_review ?? 0);
  return (
    <div className="flex w-56 shrink-0 flex-col gap-1 px-2 max-lg:w-40">
      <span className="truncate text-muted text-xs tabular-nums" role="status">
        {data ? `${formatCount(data.in_review)} to go, ${formatCount(decided)} decided` : "…"}
      </span>
      <ProgressBar label="Images decided" value={total === 0 ? 0 : decided / total} />
    </div>
  );
}
