/** Hints for names that do not exist. */

/** What to say about a `name` that is none of `names`: what it may have been meant to be, or what there is. */
export function nearNames(name: string, names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  const lower = name.toLowerCase();
  const near = names
    .map((candidate) => ({ candidate, distance: editDistance(lower, candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(name.length / 3)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ candidate }) => `"${candidate}"`);
  if (near.length > 0) return `did you mean ${near.join(' or ')}?`;
  const some = names.slice(0, 10).map((n) => `"${n}"`).join(', ');
  return names.length > 10 ? `there are ${names.length}, among them ${some}` : `there is ${some}`;
}

/** Insertions, deletions and replacements of a character from `a` to `b`. Names are short (255 at most in Milvus). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length];
}
