/** The root group as a superblock of version 0 names it (HDF5 file format specification, version 3.0, section II.A). */
import { beginsWithSignature } from '../signature.ts';
import { addressAt, bytesOf, expectPlain, type FileView, u64At } from './file-view.ts';

/** The address of the root group. @throws NotPlain */
export function rootOf(file: FileView): number {
  const head = file.at(0, 96);
  expectPlain(beginsWithSignature(bytesOf(head)), 'no superblock at the start');
  const versions = [8, 9, 10, 11, 12, 15].map((at) => head.getUint8(at));
  expectPlain(versions.every((version) => version === 0) && head.getUint32(20) === 0, 'unusual versions');
  const [bytesOfAddress, bytesOfLength] = [head.getUint8(13), head.getUint8(14)];
  expectPlain(bytesOfAddress === 8 && bytesOfLength === 8, 'addresses of an unusual size');
  const [base, freeSpace, driver] = [24, 32, 48].map((at) => addressAt(head, at));
  expectPlain(base === 0 && freeSpace === undefined && driver === undefined, 'more than one file');
  return u64At(head, 64);
}
