import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isVtsError } from '../../src/errors.ts';
import { type FileOps, nodeFileOps } from '../../src/stores/file-ops.ts';
import { createFileSink, createScratch, openFileSource } from '../../src/stores/file.ts';
import { failWith, faultyFileOps } from '../support/faults.ts';

let folder: string;
const at = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vts-store-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function writeHello(path: string, overwrite: boolean, ops?: FileOps): Promise<void> {
  const sink = createFileSink(path, overwrite, ops);
  try {
    await sink.write(new TextEncoder().encode('hello '));
    await sink.write(new TextEncoder().encode('wOrld'));
    sink.writeSync(new TextEncoder().encode('o'), 7);
    await sink.commit();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}

describe('createFileSink()', () => {
  test('shows a file under its name when it is whole', async () => {
    const sink = createFileSink(at('a'), false);
    await sink.write(Uint8Array.of(1, 2, 3));
    expect(readdirSync(folder)).toEqual([`a.${process.pid}.partial`]);
    await sink.commit();
    expect(readdirSync(folder)).toEqual(['a']);
    expect(nodeFileOps.stat(at('a')).size).toBe(3);
  });

  test('fails or succeeds whole when any operation fails', async () => {
    let n = 1;
    for (;; n++) {
      writeFileSync(at('out'), 'before');
      const ops = faultyFileOps(n, () => failWith('ENOSPC'));
      const error = await writeHello(at('out'), true, ops).catch((e) => e);
      if (ops.calls < n) break;
      const content = readFileSync(at('out'), 'utf8');
      if (error === undefined) expect(content).toBe('hello world');
      else {
        if (isVtsError(error)) expect(error.code).toBe('DiskFull');
        expect(['before', 'hello world']).toContain(content);
      }
      for (const name of readdirSync(folder)) rmSync(at(name));
    }
    expect(n).toBeGreaterThan(7);
  });

  test('a link stays a link, and a replaced file keeps its permissions', async () => {
    writeFileSync(at('real'), 'before');
    chmodSync(at('real'), 0o604);
    symlinkSync('real', at('link'));
    await writeHello(at('link'), true);
    expect(readFileSync(at('real'), 'utf8')).toBe('hello world');
    expect(statSync(at('real')).mode & 0o777).toBe(0o604);
    expect(readlinkSync(at('link'))).toBe('real');
    await writeHello(at('new'), false);
    expect(statSync(at('new')).mode & 0o777).toBe(0o666 & ~process.umask());
  });

  test('a device or a pipe is never replaced by a file', () => {
    symlinkSync('/dev/null', at('null'));
    for (const overwrite of [false, true]) {
      expect(() => createFileSink(at('null'), overwrite)).toThrow(expect.objectContaining({
        code: 'OutputExists',
        details: expect.objectContaining({ remedy: expect.stringContaining('standard output') }),
      }));
    }
  });

  test('a disk that fails while more is written is told at the end, and nothing gets the name', async () => {
    const piece = new Uint8Array(16 * 2 ** 20);
    const ops: FileOps = {
      ...nodeFileOps,
      syncData: async () => await Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })),
    };
    const sink = createFileSink(at('large'), false, ops);
    for (let i = 0; i < 4; i++) await sink.write(piece);
    const error = await sink.commit().catch((e) => e);
    expect(isVtsError(error) && error.code).toBe('OutputUnwritable');
    expect(error.message).toContain('i/o error');
    await sink.abort();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('a large file is brought to disk in rounds, and closed after the last', async () => {
    let [rounds, open] = [0, 0];
    const ops: FileOps = {
      ...nodeFileOps,
      async syncData(fd) {
        open++;
        expect(open).toBe(1);
        await nodeFileOps.syncData(fd);
        rounds++;
        open--;
      },
      close(fd) {
        expect(open).toBe(0);
        nodeFileOps.close(fd);
      },
    };
    for (const end of ['commit', 'abort'] as const) {
      const sink = createFileSink(at(end), false, ops);
      for (let i = 0; i < 10; i++) {
        await sink.write(new Uint8Array(8 * 2 ** 20).fill(i));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await sink[end]();
    }
    expect(rounds).toBeGreaterThan(1);
    expect(readdirSync(folder)).toEqual(['commit']);
    expect(nodeFileOps.stat(at('commit')).size).toBe(80 * 2 ** 20);
  });

  test('goes on after short writes', async () => {
    const ops: FileOps = {
      ...nodeFileOps,
      write: (fd, bytes, position) => nodeFileOps.write(fd, bytes.subarray(0, 1), position),
    };
    await writeHello(at('out'), false, ops);
    expect(readFileSync(at('out'), 'utf8')).toBe('hello world');
  });

  test('pieces come one after the other, after short writes and between other writes', async () => {
    const pieces = Array.from(
      { length: 2000 },
      (_, i) => crypto.getRandomValues(new Uint8Array(i % 5 * 99)),
    );
    let calls = 0;
    const ops: FileOps = {
      ...nodeFileOps,
      writeAside(fd, [first, ...rest], position) {
        calls++;
        expect(rest.length).toBeLessThan(1024);
        const some = rest.slice(0, 100);
        return nodeFileOps.writeAside(fd, calls % 2 ? [first, ...some] : [first.subarray(0, 50)], position);
      },
    };
    const sink = createFileSink(at('out'), false, ops);
    await sink.write(Uint8Array.of(1));
    await sink.writeAll(pieces);
    await sink.writeAll([]);
    await sink.writeAll([Uint8Array.of(2), Uint8Array.of(), Uint8Array.of(3, 4)]);
    await sink.write(Uint8Array.of(5));
    await sink.commit();
    const written = readFileSync(at('out'));
    expect(
      written.equals(Buffer.concat([[1], ...pieces, [2, 3, 4, 5]].map((piece) => Uint8Array.from(piece)))),
    ).toBe(
      true,
    );
    expect(calls).toBeGreaterThan(10);
    expect(sink.size).toBe(written.length);
  });

  test('tells what failed in another thread, and leaves nothing', async () => {
    const ops: FileOps = {
      ...nodeFileOps,
      writeAside: () => Promise.reject(Object.assign(new Error('made to fail'), { code: 'ENOSPC' })),
    };
    const sink = createFileSink(at('out'), false, ops);
    const large = new Uint8Array(1 << 20);
    expect(await sink.writeAll([large, large]).catch((e) => e)).toMatchObject({ code: 'DiskFull' });
    expect(await sink.write(large).catch((e) => e)).toMatchObject({ code: 'DiskFull' });
    await sink.abort();
    expect(readdirSync(folder)).toEqual([]);
  });

  test('calls a write of nothing a full disk', async () => {
    const error = await writeHello(at('out'), false, { ...nodeFileOps, write: () => 0 }).catch((e) => e);
    expect(error).toMatchObject({ code: 'DiskFull', exitCode: 8 });
    expect(readdirSync(folder)).toEqual([]);
  });

  test('refuses an output that exists, at the start and at the end', async () => {
    writeFileSync(at('a'), '');
    expect(() => createFileSink(at('a'), false)).toThrow(expect.objectContaining({ code: 'OutputExists' }));
    mkdirSync(at('d'));
    expect(() => createFileSink(at('d'), true)).toThrow(expect.objectContaining({ code: 'OutputExists' }));
    const sink = createFileSink(at('b'), false);
    writeFileSync(at('b'), 'of another');
    expect(await sink.commit().catch((e) => e)).toMatchObject({ code: 'OutputExists' });
    await sink.abort();
    expect(readFileSync(at('b'), 'utf8')).toBe('of another');
  });

  test('sweeps up what a killed run left, and nothing else', () => {
    writeFileSync(at('a.999999999.partial'), '');
    writeFileSync(at('a.1.partial'), 'process 1 lives');
    writeFileSync(at('ab.999999999.partial'), 'of another output');
    const sink = createFileSink(at('a'), false);
    expect(readdirSync(folder).sort()).toEqual(
      ['a.1.partial', `a.${process.pid}.partial`, 'ab.999999999.partial'].sort(),
    );
    sink.abort();
  });

  test('says what to do about a missing or forbidden folder', () => {
    expect(() => createFileSink(at('no/where'), false)).toThrow(
      expect.objectContaining({
        code: 'OutputUnwritable',
        details: expect.objectContaining({ remedy: `mkdir -p ${at('no')}` }),
      }),
    );
    for (const code of ['EACCES', 'EROFS', 'EIO']) {
      const ops = faultyFileOps(1, () => failWith(code), ['open']);
      expect(() => createFileSink(at('x'), false, ops)).toThrow(
        expect.objectContaining({ code: 'OutputUnwritable' }),
      );
    }
  });
});

describe('openFileSource()', () => {
  test('reads ranges and streams, and tells where a file ends', async () => {
    writeFileSync(at('a'), 'hello world');
    const source = openFileSource(at('a'));
    expect(new TextDecoder().decode(await source.read(6, 5))).toBe('world');
    expect(await source.read(7, 5).catch((e) => e)).toMatchObject({
      code: 'InputTruncated',
      details: { byte: 11 },
    });
    expect(await source.read(2 ** 60, 1).catch((e) => e)).toMatchObject({ code: 'InputTruncated' });
    const chunks: string[] = [];
    for await (const chunk of source.stream(6)) chunks.push(new TextDecoder().decode(chunk));
    expect(chunks.join('')).toBe('world');
    await source.close();
    await source.close();
  });

  test('large reads go on in another thread, after short ones too, up to the end of the file', async () => {
    const bytes = crypto.getRandomValues(new Uint8Array(65536));
    const content = Buffer.concat(Array.from({ length: 10 }, () => bytes));
    writeFileSync(at('a'), content);
    const asked: number[] = [];
    const ops: FileOps = {
      ...nodeFileOps,
      readAside(fd, target, position) {
        asked.push(position);
        return nodeFileOps.readAside(fd, target.subarray(0, 200_000), position);
      },
    };
    const source = openFileSource(at('a'), ops);
    const target = new Uint8Array(content.length);
    expect(await source.readAt(target, 300_001)).toBe(content.length - 300_001);
    expect(asked).toEqual([300_001, 500_001, content.length]);
    expect(content.subarray(300_001).equals(target.subarray(0, content.length - 300_001))).toBe(true);
    expect(await source.readAt(target.subarray(0, 4), 65_535)).toBe(4);
    expect(asked).toHaveLength(3);
    expect(content.subarray(65_535, 65_539).equals(target.subarray(0, 4))).toBe(true);
    await source.close();
  });

  test('tells what failed in another thread', async () => {
    writeFileSync(at('a'), new Uint8Array(1 << 20));
    const source = openFileSource(at('a'), {
      ...nodeFileOps,
      readAside: () => Promise.reject(Object.assign(new Error('made to fail'), { code: 'EIO' })),
    });
    expect(await source.read(0, 1 << 20).catch((e) => e)).toMatchObject({ code: 'InputUnreadable' });
    await source.close();
  });

  test('a file that shrinks while it is read is an error, not zeros', async () => {
    writeFileSync(at('a'), 'hello world');
    const source = openFileSource(at('a'));
    writeFileSync(at('a'), 'hello');
    expect(await source.read(0, 11).catch((e) => e)).toMatchObject({ code: 'InputTruncated' });
  });

  test('refuses what is no file', () => {
    expect(() => openFileSource(at('missing'))).toThrow(
      expect.objectContaining({ code: 'InputMissing', exitCode: 6 }),
    );
    expect(() => openFileSource(folder)).toThrow(expect.objectContaining({ code: 'InputUnreadable' }));
    const ops = faultyFileOps(1, () => failWith('EACCES'), ['open']);
    writeFileSync(at('a'), '');
    expect(() => openFileSource(at('a'), ops)).toThrow('permission denied');
  });
});

test('createScratch() keeps bytes in a file without a name', () => {
  const scratch = createScratch(folder);
  expect(readdirSync(folder)).toEqual([]);
  scratch.append(Uint8Array.of(1, 2, 3));
  scratch.append(Uint8Array.of(4));
  scratch.writeSync(Uint8Array.of(9), 1);
  const bytes = new Uint8Array(8);
  expect(scratch.readSync(bytes, 1)).toBe(3);
  expect([...bytes.subarray(0, 3)]).toEqual([9, 3, 4]);
  expect(scratch.size).toBe(4);
  scratch.close();
});
