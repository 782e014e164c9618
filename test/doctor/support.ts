import { diagnose } from '../../packages/millrace/src/cli/doctor/diagnose.ts'
import type { Finding } from '../../packages/millrace/src/cli/doctor/finding.ts'
import type { Place } from '../../packages/millrace/src/cli/doctor/cures.ts'
import { examine } from '../../packages/millrace/src/cli/doctor/examine.ts'
import { anyone } from '../../packages/millrace/src/index.ts'
import { serve } from '../../packages/millrace/src/runtime/index.ts'
import { testApp } from '../support/app.ts'
import type { Proxy } from '../support/reverse-proxy.ts'

/** A server that offers its pattern, for proxies to stand before. */
export async function startOrigin(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const { app } = testApp({ authenticate: anyone, doctor: true })
  const served = await serve(app, { port: 0 })
  return {
    port: served.port,
    close: async () => {
      await app.close()
      await served.close()
    },
  }
}

/** What the doctor finds behind a proxy. @param idle seconds of silence to try */
export async function findingsAt(proxy: Promise<Proxy>, idle: number = 0): Promise<Finding[]> {
  await using opened = await proxy
  return diagnose(await examine({ base: opened.url, access: { headers: {} }, idle }, new AbortController().signal))
}

export function namesOf(findings: readonly Finding[]): string[] {
  return [...new Set(findings.map(({ what }) => what))].sort()
}

/** A configuration after somebody did in it what the findings say is to be done there. */
export function cured(lines: readonly string[], findings: readonly Finding[], place: Place): string[] {
  const settings = findings.flatMap(({ cures }) => cures).filter(({ at }) => at === place).flatMap(({ setting }) => setting.match(/[^;]+;?/g) ?? [])
  return settings.reduce((configuration, setting) => follow(configuration, setting.trim()), [...lines])
}

function follow(lines: readonly string[], setting: string): string[] {
  if (setting.startsWith('without ')) return lines.filter((line) => !line.includes(setting.slice('without '.length)))
  const name = nameOf(setting)
  return [...lines.filter((line) => nameOf(line) !== name), setting]
}

/** What a line sets, of which there is one. */
function nameOf(line: string): string {
  const [first = '', second = ''] = line.split(/[ ;]/)
  return ['timeout', 'proxy_set_header', 'proxy_pass_header', 'option'].includes(first) ? `${first} ${second}` : first
}
