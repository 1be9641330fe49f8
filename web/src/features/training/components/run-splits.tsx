/** Which images the run learned from and which it was measured on, with a few of them to open. */

import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { ApiProblem } from "@/api/client";
import { formatCount, plural } from "@/lib/format";
import { Card, CardTitle } from "@/ui/page";
import { Segmented } from "@/ui/segmented";
import { Skeleton } from "@/ui/skeleton";
import { Table, Td, Th, Tr } from "@/ui/table";
import { datasetByIdQuery, splitsQuery, type TrainingRun } from "../api";

const SPLITS = ["train", "val", "test"] as const;
const WORDS = { train: "Learned from", val: "Chose the best epoch", test: "Final figures only" };
const SHOWN = 24;

export function RunSplits({ run }: { run: TrainingRun }) {
  const splits = useQuery({ ...splitsQuery(run.id), retry: false });
  const dataset = useQuery(datasetByIdQuery(run.dataset_id));
  const [split, setSplit] = useState<(typeof SPLITS)[number]>("val");
  if (splits.error instanceof ApiProblem && splits.error.status === 404) return null;
  if (!splits.data) {
    return (
      <Card>
        <CardTitle>Images</CardTitle>
        <Skeleton className="h-40" />
      </Card>
    );
  }
  const { images, objects } = splits.data;
  const present = SPLITS.filter((each) => (images[each] ?? []).length > 0);
  const shown = present.includes(split) ? split : (present[0] ?? "train");
  const ids = images[shown] ?? [];
  const classes = [...new Set(Object.values(objects).flatMap((counts) => Object.keys(counts)))];
  return (
    <Card>
      <CardTitle>Images</CardTitle>
      <Table label="Images and annotations in each split">
        <thead>
          <tr>
            <Th>Split</Th>
            <Th isNumber>Images</Th>
            {classes.map((name) => (
              <Th key={name} isNumber title={name}>
                <span className="inline-block max-w-32 truncate align-bottom">{name}</span>
              </Th>
            ))}
          </tr>
        </thead>
        <tbody>
          {present.map((each) => (
            <Tr key={each}>
              <Td className="whitespace-nowrap">
                <span className="font-medium">{each}</span> <span className="text-muted">{WORDS[each]}</span>
              </Td>
              <Td isNumber>{formatCount(images[each]?.length ?? 0)}</Td>
              {classes.map((name) => (
                <Td key={name} isNumber>
                  {formatCount(objects[each]?.[name] ?? 0)}
                </Td>
              ))}
            </Tr>
          ))}
        </tbody>
      </Table>
      <div className="mt-3 flex flex-wrap items-center justify-between gap-2">
        <Segmented
          label="Split"
          value={shown}
          onChange={setSplit}
          options={present.map((each) => ({ value: each, label: each }))}
        />
        <span className="text-muted text-xs">
          {ids.length > SHOWN
            ? `The first ${SHOWN} of ${formatCount(ids.length)}`
            : plural(ids.length, "image")}
        </span>
      </div>
      <ul className="mt-2 grid grid-cols-6 gap-2 lg:grid-cols-8">
        {ids.slice(0, SHOWN).map((id, index) => (
          <li key={id}>
            <SplitImage id={id} number={index + 1} datasetName={dataset.data?.name} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function SplitImage({ id, number, datasetName }: { id: string; number: number; datasetName?: string }) {
  const [isGone, setIsGone] = useState(false);
  if (isGone) {
    return (
      <div className="flex aspect-square items-center justify-center rounded bg-sunken text-muted text-xs">
        gone
      </div>
    );
  }
  const picture = (
    <img
      src={`/api/v1/developer/images/${id}/thumbnail`}
      alt={`Number ${number}`}
      loading="lazy"
      onError={() => setIsGone(true)}
      className="aspect-square w-full rounded bg-sunken object-cover"
    />
  );
  return datasetName ? (
    <Link to="/datasets/$name/images/$imageId" params={{ name: datasetName, imageId: id }} className="block">
      {picture}
    </Link>
  ) : (
    picture
  );
}
