import { afterEach, expect, test, vi } from 'vitest'
import { defaultHost, type Wake } from './host.ts'

afterEach(() => vi.unstubAllGlobals())

/** As much of a page as the host looks at; real event targets. */
function page(): { window: EventTarget; document: EventTarget & { hidden: boolean } } {
  const window = new EventTarget()
  const document = Object.assign(new EventTarget(), { hidden: false })
  vi.stubGlobal('document', document)
  vi.stubGlobal('addEventListener', window.addEventListener.bind(window))
  return { window, document }
}

test('a page wakes when the network, its visibility or itself comes back, until it is left', () => {
  const { window, document } = page()
  const heard: Wake[] = []
  const stop = new AbortController()
  defaultHost.onWake((wake) => heard.push(wake), stop.signal)

  const shown = (persisted: boolean): Event => Object.assign(new Event('pageshow'), { persisted })
  window.dispatchEvent(new Event('online'))
  window.dispatchEvent(shown(false))
  window.dispatchEvent(shown(true))
  document.hidden = true
  document.dispatchEvent(new Event('visibilitychange'))
  document.hidden = false
  document.dispatchEvent(new Event('visibilitychange'))
  expect(heard).toEqual(['online', 'restored', 'visible'])

  stop.abort()
  window.dispatchEvent(new Event('online'))
  document.dispatchEvent(new Event('visibilitychange'))
  expect(heard).toHaveLength(3)
})

test('where there is no page, nothing wakes and there is always a network', () => {
  const stop = new AbortController()
  expect(() => defaultHost.onWake(() => {}, stop.signal)).not.toThrow()
  expect(defaultHost.isOnline()).toBe(true)
})

test('only a host that says so is offline', () => {
  vi.stubGlobal('navigator', { onLine: false })
  expect(defaultHost.isOnline()).toBe(false)
  vi.stubGlobal('navigator', { onLine: true })
  expect(defaultHost.isOnline()).toBe(true)
  vi.stubGlobal('navigator', {})
  expect(defaultHost.isOnline()).toBe(true)
})

test('a timer that was taken back does not run', async () => {
  const ran: string[] = []
  defaultHost.timer(0, () => ran.push('taken back'))()
  await new Promise<void>((resolve) => defaultHost.timer(1, resolve))
  expect(ran).toEqual([])
})
