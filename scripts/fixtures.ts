/** Makes all fixtures anew: every `scripts/fixtures/NAME.py` writes `fixtures/NAME/`. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname!, '..');
const scripts = readdirSync(resolve(ROOT, 'scripts/fixtures')).filter((name) =>
  name.endsWith('.py') && name !== 'expected.py'
);
for (const script of scripts.sort()) {
  console.log(script);
  const { status } = spawnSync(
    resolve(ROOT, '.venv/bin/python'),
    [resolve(ROOT, 'scripts/fixtures', script)],
    {
      stdio: 'inherit',
    },
  );
  if (status !== 0) Deno.exit(1);
}
