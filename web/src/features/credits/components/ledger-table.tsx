import { cx } from "@/lib/class-names";
import { formatCount, formatDateTime } from "@/lib/format";
import { Table, Td, Th, Tr } from "@/ui/table";
import type { CreditLedgerEntry } from "../api";
import { operationWords } from "../words";

/** What changed the credits that are available, with what was left after each line. */
export function LedgerTable({ entries }: { entries: readonly CreditLedgerEntry[] }) {
  return (
    <Table label="Ledger">
      <thead>
        <tr>
          <Th className="w-44">When</Th>
          <Th>What</Th>
          <Th isNumber>Change</Th>
          <Th isNumber>Available after</Th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <Tr key={entry.id}>
            <Td className="whitespace-nowrap text-muted">
              <time dateTime={entry.created_at}>{formatDateTime(entry.created_at)}</time>
            </Td>
            <Td className="max-w-96">
              <span className="block truncate">{operationWords(entry.operation)}</span>
              {entry.description && entry.description !== operationWords(entry.operation) && (
                <span className="block truncate text-muted text-xs" title={entry.description}>
                  {entry.description}
                </span>
              )}
            </Td>
            <Td isNumber className={cx("whitespace-nowrap font-medium", entry.amount > 0 && "text-ok")}>
              {entry.amount > 0 ? "+" : entry.amount < 0 ? "−" : ""}
              {formatCount(Math.abs(entry.amount))}
            </Td>
            <Td isNumber className="text-muted">
              {entry.balance_after == null ? "" : formatCount(entry.balance_after)}
            </Td>
          </Tr>
        ))}
      </tbody>
    </Table>
  );
}
