import { access, constants } from 'node:fs/promises'
import { whyNoNamespaces } from '../net/namespaces.ts'

const TUN = '/dev/net/tun'

/**
 * Whether this user can have such a network on this machine; that there is a cargo to build it is another matter.
 *
 * @returns why not, else undefined
 */
export async function whyNoNetsim (): Promise<string | undefined> {
  const why = await whyNoNamespaces()

  if (why != null) {
    return why
  }

  try {
    await access(TUN, constants.R_OK | constants.W_OK)
  } catch {
    return `there is no ${TUN}`
  }
}
