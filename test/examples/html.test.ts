import { expect, test } from 'vitest'
import { launchBrowser, openTab } from '../support/browser.ts'
import { engine } from '../support/engines.ts'
import { startExample } from '../support/example.ts'

const JOBS = ['carding', 'spinning', 'weaving', 'fulling', 'dyeing']

test('the streaming form echoes what it is sent', async (context) => {
  const browser = await launchBrowser(engine('chromium', context))
  await using example = await startExample('streaming-form', { PACE: '1' })
  try {
    const { page, problems } = await openTab(browser)
    await page.goto(example.url)
    await page.getByLabel('Enter your message').fill('to be or <b>not</b>')
    await page.click('text=Send')
    await page.getByText('Finished.').waitFor()
    expect(await page.textContent('#streaming-answer')).toBe('to be or <b>not</b> ')
    expect(problems).toEqual([])
  } finally {
    await browser.close()
  }
})

test.for(['2', '4'])('the board shows its work as it is done, and again after a reload: htmx %s', async (htmx, context) => {
  const browser = await launchBrowser(engine('chromium', context))
  await using example = await startExample('htmx-board', { PACE: '50', HTMX: htmx })
  try {
    const { page, problems } = await openTab(browser)
    await page.goto(example.url)
    for (let time = 0; time < 2; time += 1) {
      await page.getByText('all done').waitFor()
      expect(await page.locator('#rows tr').allTextContents()).toEqual(JOBS.map((job, at) => `${String(at + 1)}${job}`))
      expect(await page.locator('#log li').allTextContents()).toEqual(JOBS.map((job) => `The ${job} is done.`).reverse())
      expect(await page.getAttribute('#bar', 'value')).toBe('5')
      await page.reload()
    }
    expect(problems).toEqual([])
  } finally {
    await browser.close()
  }
})
