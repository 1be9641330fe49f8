import { Link } from "@tanstack/react-router";
import { Download } from "lucide-react";
import { formatBytes, formatCount } from "@/lib/format";
import { IconButton } from "@/ui/icon-button";
import { Table, Td, Th, Tr } from "@/ui/table";
import { TimeAgo } from "@/ui/time-ago";
import { notifyProblem } from "@/ui/toast";
import { downloadExport, type ExportAnswer } from "../api";
import type { ExportSearch } from "../search";
import { ExportState } from "./export-state";

interface ExportsTableProps {
  exports: readonly ExportAnswer[];
  /** Of the page, which stays while one of them is open. */
  search: ExportSearch;
}

export function ExportsTable({ exports, search }: ExportsTableProps) {
  return (
    <Table label="Exports">
      <thead>
        <tr>
          <Th>Export</Th>
          <Th>Dataset</Th>
          <Th>Format</Th>
          <Th>State</Th>
          <Th isNumber>Images</Th>
          <Th isNumber className="max-lg:hidden">
            Annotations
          </Th>
          <Th isNumber>Size</Th>
          <Th className="max-lg:hidden">Made</Th>
          <Th className="w-12">
            <span className="sr-only">Download</span>
          </Th>
        </tr>
      </thead>
      <tbody>
        {exports.map((each) => (
          <Tr key={each.id}>
            <Td className="max-w-44 lg:max-w-52">
              <Link
                to="/exports"
                search={{ ...search, show: each.name, of: each.dataset_name }}
                className="flex min-h-6 items-center font-medium hover:text-accent hover:underline"
                title={each.name}
              >
                <span className="truncate">{each.name}</span>
              </Link>
            </Td>
            <Td className="max-w-36 lg:max-w-44">
              <Link
                to="/datasets/$name"
                params={{ name: each.dataset_name }}
                className="flex min-h-6 items-center text-muted hover:text-accent hover:underline"
                title={each.dataset_name}
              >
                <span className="truncate">{each.dataset_name}</span>
              </Link>
            </Td>
            <Td className="whitespace-nowrap text-muted">
              {each.format}
              {each.include_images && " + images"}
            </Td>
            <Td>
              <ExportState export_={each} />
            </Td>
            <Td isNumber>{figure(each.image_count)}</Td>
            <Td isNumber className="max-lg:hidden">
              {figure(each.annotation_count)}
            </Td>
            <Td isNumber className="whitespace-nowrap">
              {each.file_size == null ? "" : formatBytes(each.file_size)}
            </Td>
            <Td className="text-muted max-lg:hidden">
              <TimeAgo at={each.created_at} />
            </Td>
            <Td>
              {each.status === "completed" && (
                <IconButton
                  label={`Download ${each.name}`}
                  onClick={() => {
                    downloadExport(each).catch((problem: unknown) =>
                      notifyProblem("The export could not be downloaded", problem),
                    );
                  }}
                >
                  <Download />
                </IconButton>
              )}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}

function figure(value: number | null | undefined): string {
  return value == null ? "" : formatCount(value);
}
