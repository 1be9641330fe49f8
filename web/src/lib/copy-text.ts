/** Put text on the clipboard. Returns whether that worked. */
export async function copyText(text: string): Promise<boolean> {
  // Browsers have this over TLS and on localhost only; servers are often opened by the name of a machine next door.
  if (navigator.clipboard) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      // Refused by a permission: the older way may still be open.
    }
  }
  const holder = document.createElement("textarea");
  holder.value = text;
  holder.style.position = "fixed";
  holder.style.opacity = "0";
  // Inside an open dialog, where the focus may go.
  const place = document.activeElement?.closest("[role=dialog]") ?? document.body;
  const focused = document.activeElement;
  place.append(holder);
  holder.select();
  const isCopied = document.execCommand("copy");
  holder.remove();
  if (focused instanceof HTMLElement) focused.focus();
  return isCopied;
}
