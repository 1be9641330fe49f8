/** What changed between two versions. */

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { formatCount } from "@/lib/format";
import { Dialog } from "@/ui/dialog";
import { SelectField } from "@/ui/field";
import { Stat } from "@/ui/page";
import { ProblemNote } from "@/ui/problem-note";
import { Skeleton } from "@/ui/skeleton";
import { Table, Td, Th, Tr } from "@/ui/table";
import { type Version, type VersionDiff, versionDiffQuery } from "../api";

interface VersionDiffDialogProps {
  datasetName: string;
  versions: readonly Version[];
  version: Version;
  onClose: () => void;
}

export function VersionDiffDialog({ datasetName, versions, version, onClose }: VersionDiffDialogProps) {
  const others = versions.filter((each) => each.id !== version.id && each.status === "ready");
  const before = others.find((each) => each.number < version.number) ?? others[0];
  const [since, setSince] = useState(before?.id ?? "");
  const diff = useQuery({ ...versionDiffQuery(datasetName, version.id, since), enabled: since !== "" });
  return (
    <Dialog isOpen onClose={onClose} title={`Changes up to version ${version.number}`} size="lg">
      {others.length === 0 ? (
        <p className="pb-4 text-muted text-sm">There is no other version to compare it with yet.</p>
      ) : (
        <div className="flex flex-col gap-4 pb-4">
          <SelectField
            label="Since"
            className="max-w-80"
            value={since}
            onChange={setSince}
            options={others.map((each) => ({
              value: each.id,
              label: `Version ${each.number}${each.name ? `, ${each.name}` : ""}`,
            }))}
          />
          {diff.isPending ? (
            <Skeleton className="h-64 w-full" />
          ) : diff.error ? (
            <ProblemNote problem={diff.error} onRetry={() => void diff.refetch()} />
          ) : (
            <Changes diff={diff.data} />
          )}
        </div>
      )}
    </Dialog>
  );
}

function Changes({ diff }: { diff: VersionDiff }) {
  const images = [
    ...diff.added.map((image) => ({ ...image, what: "Added" })),
    ...diff.removed.map((image) => ({ ...image, what: "Taken out" })),
    ...diff.changed.map((image) => ({ ...image, what: `Changed: ${(image.changes ?? []).join(", ")}` })),
  ];
  return (
    <>
      <div className="grid grid-cols-2 gap-4 sm:grid-cols-5">
        <Stat label="Images added" value={formatCount(diff.images_added)} />
        <Stat label="Taken out" value={formatCount(diff.images_removed)} />
        <Stat label="Changed" value={formatCount(diff.images_changed)} />
        <Stat label="The same" value={formatCount(diff.images_unchanged)} />
        <Stat
          label="Annotations"
          value={signed(diff.annotations_after - diff.annotations_before)}
          hint={`${formatCount(diff.annotations_before)} → ${formatCount(diff.annotations_after)}`}
        />
      </div>
      {diff.classes.length > 0 && (
        <Table label="Classes that changed">
          <thead>
            <tr>
              <Th>Class</Th>
              <Th isNumber>Annotations before</Th>
              <Th isNumber>After</Th>
              <Th isNumber>Images before</Th>
              <Th isNumber>After</Th>
            </tr>
          </thead>
          <tbody>
            {diff.classes.map((each) => (
              <Tr key={each.name}>
                <Td className="max-w-60 truncate">{each.name}</Td>
                <Td isNumber>{formatCount(each.annotations_before ?? 0)}</Td>
                <Td isNumber>{formatCount(each.annotations_after ?? 0)}</Td>
                <Td isNumber>{formatCount(each.images_before ?? 0)}</Td>
                <Td isNumber>{formatCount(each.images_after ?? 0)}</Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
      {images.length > 0 && (
        <Table label="Images that changed">
          <thead>
            <tr>
              <Th>Image</Th>
              <Th>What</Th>
              <Th isNumber>Annotations</Th>
            </tr>
          </thead>
          <tbody>
            {images.slice(0, 300).map((image) => (
              <Tr key={`${image.what} ${image.image_id}`}>
                <Td className="max-w-72 truncate" title={`${image.folder_path}/${image.filename}`}>
                  {image.filename}
                </Td>
                <Td>{image.what}</Td>
                <Td isNumber>
                  {image.annotations_before} → {image.annotations_after}
                </Td>
              </Tr>
            ))}
          </tbody>
        </Table>
      )}
      {images.length === 0 && diff.classes.length === 0 && (
        <p className="text-muted text-sm">Both hold the same images and the same annotations.</p>
      )}
    </>
  );
}

function signed(value: number): string {
  return value > 0 ? `+${formatCount(value)}` : formatCount(value);
}
