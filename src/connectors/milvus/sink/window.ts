/** How many requests are on their way, and how large they may be: less when the server says that it is too much, slowly more again. */

/** Requests that must succeed at the present pace before it is raised. */
const PATIENCE = 16;
/** Requests are not made smaller than this. */
const LEAST_BYTES = 64 * 1024;

/** A window shared by all who send. */
export class Window {
  readonly #most: number;
  readonly #mostBytes: number;
  #limit: number;
  #bytes: number;
  #inside = 0;
  #successes = 0;
  #pace = 0;
  readonly #waiting: (() => void)[] = [];

  /** @param most requests at the same time; @param mostBytes of one request */
  constructor(most: number, mostBytes: number) {
    this.#most = this.#limit = most;
    this.#mostBytes = this.#bytes = mostBytes;
  }

  /** Requests that may be on their way now. */
  get limit(): number {
    return this.#limit;
  }

  /** Bytes that a request may have now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Waits for a place, first come first served. @throws the reason of `signal` when it fires */
  async enter(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#inside < this.#limit && this.#waiting.length === 0) {
      this.#inside++;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const go = () => {
        signal?.removeEventListener('abort', stop);
        resolve();
      };
      const stop = () => {
        this.#waiting.splice(this.#waiting.indexOf(go), 1);
        reject(signal!.reason);
      };
      signal?.addEventListener('abort', stop, { once: true });
      this.#waiting.push(go);
    });
  }

  /** Gives the place back. */
  leave(): void {
    this.#inside--;
    this.#admit();
  }

  /** A number that changes with the pace. */
  get pace(): number {
    return this.#pace;
  }

  /**
   * The server takes less: fewer requests at a time; when there is but one, smaller ones.
   * @param pace when the request was sent: of those sent at one pace only the first that is refused slows down
   */
  slowDown(pace: number): void {
    if (pace !== this.#pace) return;
    this.#pace++;
    this.#successes = 0;
    if (this.#limit > 1) this.#limit = Math.ceil(this.#limit / 2);
    else this.#bytes = Math.max(Math.min(LEAST_BYTES, this.#mostBytes), Math.floor(this.#bytes / 2));
  }

  /** A request got through: after many of them the pace is raised by a step. */
  succeeded(): void {
    if (this.#limit === this.#most && this.#bytes === this.#mostBytes) return;
    if (++this.#successes < PATIENCE) return;
    this.#successes = 0;
    this.#pace++;
    if (this.#bytes < this.#mostBytes) this.#bytes = Math.min(this.#mostBytes, this.#bytes * 2);
    else this.#limit++;
    this.#admit();
  }

  #admit(): void {
    while (this.#inside < this.#limit && this.#waiting.length > 0) {
      this.#inside++;
      this.#waiting.shift()!();
    }
  }
}
