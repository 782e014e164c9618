import { agUi } from '../../dialect/ag-ui.ts'
import { aiSdk } from '../../dialect/ai-sdk.ts'
import { anthropic } from '../../dialect/anthropic.ts'
import type { Dialect } from '../../dialect/dialect.ts'
import { openai } from '../../dialect/openai.ts'
import { openaiResponses } from '../../dialect/openai-responses.ts'
import { agUiVendor } from './ag-ui.ts'
import { aiSdkVendor } from './ai-sdk.ts'
import { anthropicVendor } from './anthropic.ts'
import { openaiResponsesVendor, openaiVendor } from './openai-responses.ts'
import type { Vendor } from './vendor.ts'

const PLAIN: Vendor = {}
const VENDORS = new Map<Dialect, Vendor>([
  [agUi, agUiVendor],
  [aiSdk, aiSdkVendor],
  [anthropic, anthropicVendor],
  [openai, openaiVendor],
  [openaiResponses, openaiResponsesVendor],
])

/** What the clients of a dialect ask for; of one that is not known here no more than the `POST`. */
export function vendorOf(dialect: Dialect): Vendor {
  return VENDORS.get(dialect) ?? PLAIN
}
