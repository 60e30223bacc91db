/** Files and the ids of their rows, which stand in a file of their own (`--ids`). */
import { type FileSource, type FileSourceOptions, openFileSource } from '../file-source.ts';
import { openIdTable } from './id-table.ts';
import { joinColumns } from './joined-source.ts';

/**
 * Opens `endpoints` with the ids of `idsFile` as their column `id`.
 * @throws VtsError as {@linkcode openFileSource}; InputMalformed when there are more or fewer ids than rows
 */
export async function openWithIds(
  endpoints: readonly string[],
  idsFile: string,
  options: FileSourceOptions,
): Promise<FileSource> {
  const main = await openFileSource(endpoints, options);
  try {
    const ids = await openIdTable(idsFile, options.tempDir);
    try {
      return await joinColumns(main, ids);
    } catch (error) {
      ids.close();
      throw error;
    }
  } catch (error) {
    await main.close();
    throw error;
  }
}
