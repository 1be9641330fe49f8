import { MailCheck } from "lucide-react";
import { formatDateTime } from "@/lib/format";
import { CodeLine } from "@/ui/code-line";

interface LinkToHandOnProps {
  /** Null where the server has mailed it. */
  link: string | null | undefined;
  email: string;
  expiresAt: string;
}

/** A link that is shown this once, or word that it was mailed. */
export function LinkToHandOn({ link, email, expiresAt }: LinkToHandOnProps) {
  if (!link) {
    return (
      <p className="flex items-start gap-2 text-sm">
        <MailCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-ok" />
        <span className="min-w-0 break-words">
          A letter with the link is on its way to {email}. It works once, until {formatDateTime(expiresAt)}.
        </span>
      </p>
    );
  }
  return (
    <div className="flex flex-col gap-2 text-sm">
      <p className="break-words">
        Send this link to {email} yourself: this server mails nothing. It is shown only now, works once, and
        holds until {formatDateTime(expiresAt)}.
      </p>
      <CodeLine code={link} label="Copy the link" />
    </div>
  );
}
