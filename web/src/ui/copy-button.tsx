import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { copyText } from "@/lib/copy-text";
import { IconButton } from "./icon-button";
import { notify } from "./toast";

export function CopyButton({ text, label = "Copy" }: { text: string; label?: string }) {
  const [isCopied, setIsCopied] = useState(false);
  return (
    <IconButton
      label={isCopied ? "Copied" : label}
      onClick={() => {
        void copyText(text).then((worked) => {
          if (!worked) {
            notify({
              title: "This browser does not let pages copy",
              detail: "Select the text and copy it.",
              tone: "info",
            });
            return;
          }
          setIsCopied(true);
          setTimeout(() => setIsCopied(false), 1500);
        });
      }}
    >
      {isCopied ? <Check /> : <Copy />}
    </IconButton>
  );
}
