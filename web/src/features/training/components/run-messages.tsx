import { cx } from "@/lib/class-names";
import type { JobMessage } from "@/lib/job-events";
import { Card, CardTitle } from "@/ui/page";

/** What the run said, the newest last. */
export function RunMessages({ messages }: { messages: readonly JobMessage[] }) {
  return (
    <Card>
      <CardTitle>What it says</CardTitle>
      {messages.length === 0 ? (
        <p className="text-muted text-sm">Nothing yet.</p>
      ) : (
        <ol
          tabIndex={0}
          aria-label="Messages"
          className="flex max-h-72 flex-col gap-1.5 overflow-y-auto text-sm"
        >
          {messages.map((message) => (
            <li key={`${message.at}${message.text}`} className="flex gap-3">
              <time dateTime={message.at} className="shrink-0 text-muted tabular-nums">
                {clock(message.at)}
              </time>
              <span className={cx("min-w-0 break-words", message.kind === "failed" && "text-danger")}>
                {message.text}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

function clock(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "" : date.toLocaleTimeString("en", { hour12: false });
}
