/**
 * The platforms that prebuilt addons exist for, and the name of the one that a process runs on. No imports: the build
 * scripts read this file as it is.
 */

export interface Platform {
  /** `<platform>-<arch>[-<abi>]`: part of the addon's file name and of its package's name. */
  name: string
  /** What npm selects the package by, in npm's words. */
  os: string
  cpu: string
  libc?: 'glibc' | 'musl'
  /** What cargo calls it. */
  rustTarget: string
}

export const PLATFORMS: readonly Platform[] = [
  { name: 'darwin-arm64', os: 'darwin', cpu: 'arm64', rustTarget: 'aarch64-apple-darwin' },
  { name: 'darwin-x64', os: 'darwin', cpu: 'x64', rustTarget: 'x86_64-apple-darwin' },
  { name: 'linux-arm64-gnu', os: 'linux', cpu: 'arm64', libc: 'glibc', rustTarget: 'aarch64-unknown-linux-gnu' },
  { name: 'linux-arm64-musl', os: 'linux', cpu: 'arm64', libc: 'musl', rustTarget: 'aarch64-unknown-linux-musl' },
  { name: 'linux-x64-gnu', os: 'linux', cpu: 'x64', libc: 'glibc', rustTarget: 'x86_64-unknown-linux-gnu' },
  { name: 'linux-x64-musl', os: 'linux', cpu: 'x64', libc: 'musl', rustTarget: 'x86_64-unknown-linux-musl' },
  { name: 'win32-x64-msvc', os: 'win32', cpu: 'x64', rustTarget: 'x86_64-pc-windows-msvc' }
]

/** What of `process` tells the platform. */
export interface PlatformHost {
  platform: string
  arch: string
  report: { excludeNetwork?: boolean, getReport (): object }
}

/**
 * The name of the platform, whether or not there is a prebuilt addon for it.
 */
export function platformName (host: PlatformHost = process): string {
  const { platform, arch } = host

  switch (platform) {
    case 'linux':
      return `linux-${arch}-${isMusl(host) ? 'musl' : 'gnu'}${arch === 'arm' ? 'eabihf' : ''}`
    case 'win32':
      return `win32-${arch}-msvc`
    default:
      return `${platform}-${arch}`
  }
}

/**
 * The npm package that brings the prebuilt addon, undefined when there is none for the platform.
 */
export function platformPackage (name: string): string | undefined {
  return PLATFORMS.some(platform => platform.name === name) ? `@quicmesh/quic-transport-${name}` : undefined
}

/**
 * The file name of the addon.
 */
export function addonFile (name: string): string {
  return `quic-transport.${name}.node`
}

function isMusl ({ report }: PlatformHost): boolean {
  const { excludeNetwork = false } = report
  // a report with the network in it looks up host names, which may take seconds
  report.excludeNetwork = true

  try {
    const { header }: { header?: { glibcVersionRuntime?: string } } = report.getReport()

    return header?.glibcVersionRuntime == null
  } finally {
    report.excludeNetwork = excludeNetwork
  }
}
