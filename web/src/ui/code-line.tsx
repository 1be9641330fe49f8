import { CopyButton } from "./copy-button";

interface CodeLineProps {
  /** What is shown and copied; may have several lines. */
  code: string;
  /** What it is, for the button: "Copy the command". */
  label?: string;
}

/** Something to type elsewhere, with a button that copies it. */
export function CodeLine({ code, label = "Copy" }: CodeLineProps) {
  return (
    <div className="flex items-start gap-1 rounded-md border border-line bg-sunken/60 py-0.5 pr-0.5 pl-2.5">
      <pre className="min-w-0 grow overflow-x-auto whitespace-pre-wrap py-1.5 font-mono text-text text-xs [overflow-wrap:anywhere]">
        {code}
      </pre>
      <CopyButton text={code} label={label} />
    </div>
  );
}
