/** Processes of this machine. */
import { readFileSync } from 'node:fs';

/** Whether process `pid` of this machine is running. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * When process `pid` began, in a form that no other process of the same number shares; empty where the system does not tell.
 * Linux: field 22 of /proc/PID/stat (proc_pid_stat(5)), after the name, which may hold anything but a last `)`.
 */
export function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}
