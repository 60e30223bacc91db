import type { FormatInfo } from '../format.ts';

/**
 * The codes a Faiss file may begin with: those that `kinds.ts` has names for (a test holds the two together).
 * Not `null`, which is JSON.
 */
const FOURCCS = new Set(
  [
    'IxFI IxF2 IxFl IxFP IxFp IxHe IxHE IxPq IxPQ IxPo IxSQ IxRq IxRQ IxLS IxPR IxPL ImRQ Imiq IPfs ILfs IRfs IPLf IPRf',
    'IxLa IRMf IRMh IxEe IxEd Ixrq Ixrr Irfn Irfs IxPT IxRF IxRP IxMp IxM2 Ix2L IHNf IHNp IHNs IHN2 IH00 IHfP IHNc IHc2',
    'INSf INSp INSs INNf IwFl IwFd IwP2 IwPn IwSq IwSQ IwPQ IwQR IwPf IwRQ IwLS IwPR IwPL IVRf IVLf NPRf NPLf IwSh IwEe',
    'IwEd Iwrq Iwrr Iwrn Iwrf IwIQ IvFl IvFL IvSQ IvPQ IvQR ISVD ISV2 ILVQ ISVL ISVF ISID ISIQ ISIL',
    'IBxF IBwF IBFf IBHf IBHc IBMp IBM2 IBHh IBHm',
    'IxF9 IxP7 IxP5 IxS8 IxS4 IxSI IxSC IwFc IwrQ IHN5 IHN6 IHN7 IHN8 IHN9 IHNa IHNb IHMV',
  ].join(' ').split(' '),
);

/** Faiss. */
export const faiss: FormatInfo = {
  name: 'faiss',
  title: 'Faiss',
  extension: '.faiss',
  extensions: ['.faissindex', '.faiss', '.index'],
  matches: (head) => FOURCCS.has(String.fromCharCode(...head.subarray(0, 4))),
  load: async () => (await import('./format.ts')).faiss,
};
