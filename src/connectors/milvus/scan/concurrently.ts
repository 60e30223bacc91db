/** Many small questions: a few at a time. */

const AT_A_TIME = 4;

/** The results of `ask` for `items`, in their order. After a failure nothing more is asked. */
export async function concurrently<Item, Result>(
  items: readonly Item[],
  ask: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries();
  let failed = false;
  const worker = async () => {
    for (const [i, item] of queue) {
      if (failed) return;
      results[i] = await ask(item);
    }
  };
  const workers = Array.from({ length: AT_A_TIME }, () =>
    worker().catch((error) => {
      failed = true;
      throw error;
    }));
  await Promise.all(workers);
  return results;
}
