/** Every key of the review. */

import { Dialog } from "@/ui/dialog";
import { Kbd } from "@/ui/kbd";
import { KeyList, KeyRow } from "@/ui/key-list";
import { KEY_WORDS, REVIEW_KEYS, type ReviewKey } from "../hooks/use-review-keys";

const GROUPS: readonly { title: string; keys: readonly ReviewKey[] }[] = [
  { title: "Verdicts", keys: ["accept", "fix", "reject", "undo", "skip"] },
  { title: "The image", keys: ["note", "before", "fit"] },
  { title: "Help", keys: ["keys"] },
];

interface KeysDialogProps {
  isOpen: boolean;
  onClose: () => void;
}

export function KeysDialog({ isOpen, onClose }: KeysDialogProps) {
  return (
    <Dialog
      isOpen={isOpen}
      onClose={onClose}
      title="Keys"
      description="One key for each thing a reviewer does."
    >
      {GROUPS.map((group) => (
        <KeyList key={group.title} title={group.title}>
          {group.keys.map((key) => (
            <KeyRow key={key} words={KEY_WORDS[key]}>
              <Kbd>{REVIEW_KEYS[key]}</Kbd>
            </KeyRow>
          ))}
        </KeyList>
      ))}
    </Dialog>
  );
}
