import { MillraceError } from './error.ts'

/**
 * An optional package that is not there.
 * @param who needs it, as a sentence begins
 * @param flags for its installation
 */
export function missingPackage(who: string, name: string, cause: unknown, flags: string = ''): MillraceError {
  const install = ['npm install', flags, name].filter((word) => word !== '').join(' ')
  return new MillraceError('missing_package', `${who} the package \`${name}\`, which could not be loaded. Install it: ${install}`, { cause })
}
