import type { ReactNode } from "react";
import { Kbd } from "@/ui/kbd";
import { Card, CardTitle } from "@/ui/page";

/** Where keys work, and how to see and change them. */
export function KeyboardCard() {
  return (
    <Card>
      <CardTitle>Keyboard</CardTitle>
      <dl className="flex flex-col gap-2 text-sm">
        <Shortcut
          keys={
            <>
              <Kbd>Ctrl</Kbd> <Kbd>K</Kbd>
            </>
          }
        >
          Goes to a page, a dataset or a model by typing; on a Mac with <Kbd>⌘</Kbd>.
        </Shortcut>
        <Shortcut keys={<Kbd>?</Kbd>}>
          In the editor: all keys, and a place to change them. This browser remembers yours.
        </Shortcut>
        <Shortcut
          keys={
            <>
              <Kbd>Tab</Kbd> <Kbd>Enter</Kbd>
            </>
          }
        >
          Every button, link and list can be reached and used without a mouse.
        </Shortcut>
        <Shortcut keys={<Kbd>Esc</Kbd>}>Closes what is open: a dialog, a menu, a tool that draws.</Shortcut>
      </dl>
    </Card>
  );
}

function Shortcut({ keys, children }: { keys: ReactNode; children: ReactNode }) {
  return (
    <div className="flex items-start gap-3">
      <dt className="flex w-24 shrink-0 gap-1">{keys}</dt>
      <dd className="text-muted">{children}</dd>
    </div>
  );
}
