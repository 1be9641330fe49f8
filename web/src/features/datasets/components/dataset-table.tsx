/** Datasets line by line: more of them on a screen than cards. */

import { Link } from "@tanstack/react-router";
import { formatBytes, formatCount, formatDate, formatPercent } from "@/lib/format";
import { Table, Td, Th, Tr } from "@/ui/table";
import type { DatasetAnswer } from "../api";

export function DatasetTable({ datasets }: { datasets: readonly DatasetAnswer[] }) {
  return (
    <Table label="Datasets">
      <thead>
        <tr>
          <Th>Name</Th>
          <Th isNumber>Images</Th>
          <Th isNumber>Complete</Th>
          <Th isNumber>Classes</Th>
          <Th isNumber>Size</Th>
          <Th>Made</Th>
        </tr>
      </thead>
      <tbody>
        {datasets.map((dataset) => {
          const { image_count: images = 0, completed_image_count: complete = 0 } = dataset;
          return (
            <Tr key={dataset.id}>
              <Td className="w-full max-w-0">
                <Link
                  to="/datasets/$name"
                  params={{ name: dataset.name }}
                  title={dataset.name}
                  className="block truncate font-medium hover:text-accent hover:underline"
                >
                  {dataset.name}
                </Link>
                {dataset.description && (
                  <span className="block truncate text-muted text-xs">{dataset.description}</span>
                )}
              </Td>
              <Td isNumber>{formatCount(images)}</Td>
              <Td isNumber>{images === 0 ? "–" : formatPercent(complete / images)}</Td>
              <Td isNumber>{dataset.classes?.length ?? 0}</Td>
              <Td isNumber>{formatBytes(dataset.total_size ?? 0)}</Td>
              <Td className="whitespace-nowrap text-muted">{formatDate(dataset.created_at)}</Td>
            </Tr>
          );
        })}
      </tbody>
    </Table>
  );
}
