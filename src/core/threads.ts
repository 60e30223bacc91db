/** Threads for work that takes more than one core. Jobs go to them in turn; nothing is shared, buffers are handed over. */

/** Threads that do jobs. */
export interface Threads {
  readonly count: number;
  /** Does `job`, whose `buffers` are the thread's from now on. Rejects only when the thread itself breaks. */
  run<Answer>(job: unknown, buffers: readonly ArrayBuffer[]): Promise<Answer>;
  /** Ends the threads; jobs at hand are given up. */
  close(): void;
}

interface Thread {
  readonly worker: Worker;
  /** Those who wait for its answers, in order. */
  readonly waiting: { resolve(answer: never): void; reject(error: Error): void }[];
}

/** Starts `count` threads of the module at `url`. */
export function openThreads(url: URL, count: number): Threads {
  const threads = Array.from({ length: count }, () => openThread(url));
  let turn = 0;
  return {
    count,
    run<Answer>(job: unknown, buffers: readonly ArrayBuffer[]) {
      const { worker, waiting } = threads[turn++ % count];
      const answer = new Promise<Answer>((resolve, reject) => waiting.push({ resolve, reject }));
      // It is looked at in its turn, perhaps after others failed.
      answer.catch(() => {});
      worker.postMessage(job, buffers as ArrayBuffer[]);
      return answer;
    },
    close() {
      for (const { worker } of threads) worker.terminate();
    },
  };
}

function openThread(url: URL): Thread {
  const worker = new Worker(url.href);
  const waiting: Thread['waiting'] = [];
  worker.onmessage = (event: MessageEvent) => waiting.shift()!.resolve(event.data as never);
  worker.onerror = ({ message }: ErrorEvent) => {
    for (const { reject } of waiting.splice(0)) reject(new TypeError(`A thread broke: ${message}`));
  };
  return { worker, waiting };
}
