/** What an HDF5 file begins with: `\x89HDF\r\n\x1a\n` (HDF5 file format specification, version 3.0, section II.A). */
export const SIGNATURE: readonly number[] = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];

/** Whether `bytes` begin with the signature. */
export function beginsWithSignature(bytes: Uint8Array): boolean {
  return SIGNATURE.every((byte, i) => bytes[i] === byte);
}
