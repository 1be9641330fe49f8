/** The status a person chose for an image, until the server has it: sent after the last change, again while it is away. */

import type { Wish } from "../journal/drafts";
import type { SaveProblem } from "./save-machine";

export interface WishState extends Wish {
  /** Why it has not been taken yet; it is tried again. */
  problem: SaveProblem | null;
  retryAt: number | null;
}

export interface WishPorts {
  now(): number;
  setStatus(wish: Wish): Promise<void>;
  problemOf(error: unknown): SaveProblem;
  /** Whether the server has all changes: the status is about them. */
  isReady(): boolean;
  onChange(wish: WishState | null): void;
  /** It has been set, or was refused for good. */
  onSettled(wish: Wish, refusal: unknown): void;
}

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

export class StatusWish {
  private state: WishState | null = null;
  private attempts = 0;
  private isTelling = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ports: WishPorts) {}

  want({ status, datasetName }: Wish): void {
    this.attempts = 0;
    this.publish({ status, datasetName, problem: null, retryAt: null });
    void this.tell();
  }

  /** The last wish counts, and only when everything is saved. Called again whenever that may have changed. */
  async tell(): Promise<void> {
    const wish = this.state;
    if (wish === null || this.isTelling || !this.ports.isReady()) return;
    clearTimeout(this.timer);
    this.isTelling = true;
    let refusal: unknown = null;
    try {
      await this.ports.setStatus({ status: wish.status, datasetName: wish.datasetName });
    } catch (error) {
      refusal = error ?? new Error("The status was not set");
    }
    this.isTelling = false;
    if (this.state !== wish) {
      // Another one was chosen meanwhile.
      void this.tell();
      return;
    }
    const problem = refusal === null ? null : this.ports.problemOf(refusal);
    if (problem?.kind === "offline" || problem?.kind === "busy") {
      this.later(wish, problem);
    } else {
      this.publish(null);
      this.ports.onSettled(wish, refusal);
    }
  }

  close(): void {
    clearTimeout(this.timer);
  }

  private later(wish: WishState, problem: SaveProblem): void {
    const wait = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.attempts);
    this.attempts += 1;
    this.publish({ ...wish, problem, retryAt: this.ports.now() + wait });
    this.timer = setTimeout(() => void this.tell(), wait);
  }

  private publish(state: WishState | null): void {
    clearTimeout(this.timer);
    this.state = state;
    this.ports.onChange(state);
  }
}
