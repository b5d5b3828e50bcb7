import { accessSync, constants } from 'node:fs'
import path from 'node:path'

/** Where Debian has programs for root that are not in everybody's path. */
const SYSTEM_FOLDERS = ['/usr/sbin', '/sbin']

/**
 * @param name - of a program; a path is returned as it is
 * @returns the absolute path, if it is there
 */
export function findProgram (name: string, searchPath: string = process.env.PATH ?? ''): string | undefined {
  if (name.includes(path.sep)) {
    return path.resolve(name)
  }

  return [...searchPath.split(path.delimiter), ...SYSTEM_FOLDERS]
    .map((folder) => path.resolve(folder, name))
    .find(isExecutable)
}

function isExecutable (file: string): boolean {
  try {
    accessSync(file, constants.X_OK)

    return true
  } catch {
    return false
  }
}
