/** Work that is done at the same time, and succeeds or fails as one. */

/**
 * Runs all of `works`. When one fails, the signal of the others is raised, and they are waited for.
 * @throws what failed first
 */
export async function together<T>(
  works: readonly ((signal: AbortSignal) => Promise<T>)[],
  signal: AbortSignal | undefined,
): Promise<T[]> {
  const failed = new AbortController();
  const either = signal === undefined ? failed.signal : AbortSignal.any([signal, failed.signal]);
  const failures: unknown[] = [];
  const results = await Promise.all(works.map((work) =>
    work(either).catch((error) => {
      failures.push(error);
      failed.abort(error);
    })
  ));
  if (failures.length > 0) throw failures[0];
  return results as T[];
}
