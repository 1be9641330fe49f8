/** Tabs of this browser tell each other what they saved, and whether they are alive. */

import { newId } from "@/canvas/scene";

type Message =
  | { type: "saved"; imageId: string; version: number }
  | { type: "who"; tabs: string[] }
  | { type: "alive"; tab: string };

const ANSWER_WITHIN_MS = 150;

export class Tabs {
  /** Of this page as long as it lives; a reloaded page is another one. */
  readonly tab = newId();
  private readonly channel =
    typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("pictograph.editor");
  private readonly alive = new Set<string>();
  private readonly listeners = new Set<(imageId: string, version: number) => void>();

  constructor() {
    this.channel?.addEventListener("message", (event: MessageEvent<Message>) => this.hear(event.data));
  }

  tellSaved(imageId: string, version: number): void {
    this.channel?.postMessage({ type: "saved", imageId, version } satisfies Message);
  }

  /** Hear what other tabs saved. */
  onSaved(listener: (imageId: string, version: number) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Return which of these tabs are open still: their drafts are theirs. */
  async whichLive(tabs: readonly string[]): Promise<ReadonlySet<string>> {
    const others = tabs.filter((each) => each !== this.tab);
    if (this.channel === null || others.length === 0) return new Set();
    this.alive.clear();
    this.channel.postMessage({ type: "who", tabs: others } satisfies Message);
    await new Promise((resolve) => setTimeout(resolve, ANSWER_WITHIN_MS));
    return new Set(this.alive);
  }

  private hear(message: Message): void {
    if (message.type === "saved")
      for (const listener of this.listeners) listener(message.imageId, message.version);
    else if (message.type === "alive") this.alive.add(message.tab);
    else if (message.tabs.includes(this.tab)) {
      this.channel?.postMessage({ type: "alive", tab: this.tab } satisfies Message);
    }
  }
}
