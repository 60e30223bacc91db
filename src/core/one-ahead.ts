/** Reading ahead by one. */

/** The items of `items`, each handed out while the next one is being made. An error comes in its turn, after the items before it. */
export async function* oneAhead<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  const take = () => {
    const next = iterator.next();
    // It is looked at in its turn, or never if nobody asks for it.
    next.catch(() => {});
    return next;
  };
  try {
    for (let next = take();;) {
      const { done, value } = await next;
      if (done) return;
      next = take();
      yield value;
    }
  } finally {
    await iterator.return?.();
  }
}
