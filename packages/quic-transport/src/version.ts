/** The version of this package, which the native binding must have too. */
export const VERSION = '0.1.0'
