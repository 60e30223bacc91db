import type { FormatInfo } from '../format.ts';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** NumPy's arrays. */
export const npy: FormatInfo = {
  name: 'npy',
  title: 'NumPy array',
  extension: '.npy',
  extensions: ['.npy'],
  matches: (head) => MAGIC.every((byte, i) => head[i] === byte),
  load: async () => (await import('./format.ts')).npy,
};
