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

  test('goes on after short writes', async () => {
    const ops: FileOps = {
      ...nodeFileOps,
      write: (fd, bytes, position) => nodeFileOps.write(fd, bytes.subarray(0, 1), position),
    };
    await writeHello(at('out'), false, ops);
    expect(readFileSync(at('out'), 'utf8')).toBe('hello world');
  });

  test('calls a write of nothing a full disk', async () => {
    const error = await writeHello(at('out'), false, { ...nodeFileOps, write: () => 0 }).catch((e) => e);
    expect(error).toMatchObject({ code: 'DiskFull', exitCode: 8 });
    expect(readdirSync(folder)).toEqual([]);
  });

  describe('syncs a large output while it grows', () => {
    const write = async (ops: FileOps) => {
      const sink = createFileSink(at('out'), false, ops);
      try {
        for (let i = 0; i < 10; i++) await sink.write(new Uint8Array(16 << 20));
        await sink.commit();
      } catch (error) {
        await sink.abort();
        throw error;
      }
    };

    test('one step at a time, none of them after it is closed', async () => {
      const order: string[] = [];
      await write({
        ...nodeFileOps,
        async syncData(fd) {
          order.push('begin');
          await nodeFileOps.syncData(fd);
          order.push('end');
        },
        close(fd) {
          order.push('close');
          nodeFileOps.close(fd);
        },
      });
      const steps = order.filter((what) => what === 'begin').length;
      expect(steps).toBeGreaterThan(0);
      // The directory is opened and synced, too.
      expect(order).toEqual([
        ...Array.from({ length: steps }, () => ['begin', 'end']).flat(),
        'close',
        'close',
      ]);
    });

    test('and fails when a step fails, though the last one does not', async () => {
      const error = await write({
        ...nodeFileOps,
        syncData: () => Promise.reject(Object.assign(new Error('EIO: i/o error'), { code: 'EIO' })),
      }).catch((error) => error);
      expect(isVtsError(error) && error.code).toBe('OutputUnwritable');
      expect(readdirSync(folder)).toEqual([]);
    });
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
