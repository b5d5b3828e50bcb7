// The platform table of the TypeScript. Node takes types off in a checkout, but not below `node_modules`: there it is the
// compiled file that is read.
const { PLATFORMS, addonFile, platformName, platformPackage } = await import('../src/platform.ts')
  .catch(async () => import('../dist/src/platform.js'))

export { PLATFORMS, addonFile, platformName, platformPackage }
