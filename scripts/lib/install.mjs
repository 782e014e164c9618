import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './root.mjs'
import { capture, must } from './run.mjs'

const CI = ['ci', '--prefer-offline', '--no-audit', '--no-fund']

/**
 * Installs the npm packages when some are missing or of another version than the lock file says.
 * @param {string} folder where that lock file stands: the project, or `bench`, whose peers are nobody else's
 */
export async function install(folder = '.') {
  if (isInstalled(folder)) return
  console.error(folder === '.' ? 'Installing packages…' : `Installing the packages of ${folder}…`)
  await must('npm', [...CI, '--prefix', folder])
}

/** The same for packages that not everybody needs. Where they cannot be had, it says so and gives `false`. */
export async function installExtra(folder) {
  if (isInstalled(folder)) return true
  console.error(`Installing the packages of ${folder}…`)
  const { code, output } = await capture('npm', [...CI, '--prefix', folder])
  if (code !== 0) console.error(output)
  return code === 0
}

// npm leaves its own account of what it installed in node_modules, also when somebody ran it by hand.
function isInstalled(folder) {
  const wanted = packagesIn(join(folder, 'package-lock.json'))
  const present = packagesIn(join(folder, 'node_modules', '.package-lock.json'))
  if (present === null) return false
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    const inPlace = present[path]
    if (path === '' || (optional && inPlace === undefined)) return true
    return inPlace?.version === version
  })
}

function packagesIn(lockFile) {
  try {
    return JSON.parse(readFileSync(join(root, lockFile), 'utf8')).packages
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}
