/**
 * Finds the native addon and checks that it is of this version. It knows nothing of what the addon does.
 */

import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { NativeBindingMissingError, NativeBindingVersionError } from './errors.ts'
import { addonFile, platformName, platformPackage } from './platform.ts'
import { VERSION } from './version.ts'

/**
 * Overrides where the binding is looked for: the path of a `.node` file, for a debug or sanitizer build.
 */
export const BINDING_PATH_VARIABLE = 'QUICMESH_QUIC_BINDING'

/** What the addon says of itself. */
export interface VersionedBinding {
  bindingVersion (): string
}

/** What a search asks of the machine. */
export interface BindingHost {
  platform: string
  /** The value of `QUICMESH_QUIC_BINDING`. */
  override?: string
  /** Where a local build may lie, in the order of the search. */
  folders: string[]
  exists (path: string): boolean
  /** The main file of an installed package, undefined when it isn't installed. */
  resolve (packageName: string): string | undefined
  load (path: string): Partial<VersionedBinding>
}

/**
 * Looks at the override, else for a local build, then for the package of the platform.
 *
 * @throws {NativeBindingMissingError} when there is none for this platform, or it can't be loaded
 * @throws {NativeBindingVersionError} when it is of another version than the TypeScript
 */
export function loadBinding (host: BindingHost = thisHost()): Partial<VersionedBinding> {
  const path = findBinding(host)
  const binding = load(host, path)
  const version = binding.bindingVersion?.()

  if (version !== VERSION) {
    throw new NativeBindingVersionError(path, version, VERSION)
  }

  return binding
}

function findBinding (host: BindingHost): string {
  const { platform, override } = host
  const isOverridden = override != null && override !== ''
  const files = isOverridden ? [override] : host.folders.map(folder => `${folder}${addonFile(platform)}`)
  const packageName = isOverridden ? undefined : platformPackage(platform)
  const found = files.find(path => host.exists(path)) ?? (packageName == null ? undefined : host.resolve(packageName))

  if (found == null) {
    throw new NativeBindingMissingError(platform, packageName == null ? files : [...files, packageName])
  }

  return found
}

function load (host: BindingHost, path: string): Partial<VersionedBinding> {
  try {
    return host.load(path)
  } catch (err) {
    throw new NativeBindingMissingError(host.platform, [path], err)
  }
}

function thisHost (): BindingHost {
  const require = createRequire(import.meta.url)

  return {
    platform: platformName(),
    override: process.env[BINDING_PATH_VARIABLE],
    // a local build lies at the package root, this module in `src` or, compiled, in `dist/src`
    folders: ['../', '../../'].map(parent => fileURLToPath(new URL(parent, import.meta.url))),
    exists: existsSync,
    resolve: packageName => {
      try {
        return require.resolve(packageName)
      } catch {
        return undefined
      }
    },
    load: path => require(path)
  }
}
