/** The end of the queue: what it means, and what to do next. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheckBig, Eye } from "lucide-react";
import { plural } from "@/lib/format";
import { Button, buttonClass } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { progressQuery } from "../api";
import type { Done } from "../queue";
import { isNarrowed, type ReviewSearch } from "../search";

interface NothingLeftProps {
  name: string;
  search: ReviewSearch;
  skipped: number;
  /** The last verdict, which can still be taken back. */
  lastDone: Done | undefined;
  onUndo: () => void;
  onSearch: (search: ReviewSearch) => void;
  onAgain: () => void;
}

export function NothingLeft({
  name,
  search,
  skipped,
  lastDone,
  onUndo,
  onSearch,
  onAgain,
}: NothingLeftProps) {
  const { data } = useQuery(progressQuery(name));
  const waiting = data?.in_review ?? 0;
  if (skipped > 0 && waiting > 0) {
    return (
      <EmptyState
        icon={<Eye />}
        title="Only what you skipped is left"
        action={
          <Button variant="primary" onClick={onAgain}>
            Look at it again
          </Button>
        }
      >
        You passed over {plural(skipped, "image")} in this round.
      </EmptyState>
    );
  }
  if (waiting > 0) {
    return (
      <EmptyState
        icon={<Eye />}
        title="Nothing waits for you here"
        action={
          <Button variant="primary" onClick={() => onSearch({ order: search.order, scope: "all" })}>
            Show everybody's images
          </Button>
        }
      >
        {plural(waiting, "image")} of this dataset {waiting === 1 ? "waits" : "wait"}, but{" "}
        {isNarrowed(search)
          ? "not with this filter, or others have them now."
          : "others have them, or they are given to others."}
      </EmptyState>
    );
  }
  const decided = data ? data.accepted + data.fixed + data.rejected : 0;
  return (
    <EmptyState
      icon={decided > 0 ? <CircleCheckBig /> : <Eye />}
      title={decided > 0 ? "Everything is decided" : "No image waits for a review"}
      action={
        <>
          {lastDone && <Button onClick={onUndo}>Take the last verdict back</Button>}
          <Link to="/datasets/$name" params={{ name }} className={buttonClass("primary")}>
            Back to the gallery
          </Link>
        </>
      }
    >
      {decided > 0
        ? `${plural(decided, "image")} were looked at. What you accepted is complete and can be trained on.`
        : "Images come here when a machine has labelled them and a person is to look first: choose «for review» when you label, or select images in the gallery and set their status to Review."}
    </EmptyState>
  );
}
