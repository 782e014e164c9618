import type { Dialect } from '../../dialect/dialect.ts'
import { openaiResponses } from '../../dialect/openai-responses.ts'
import { openaiResponsesVendor } from './openai-responses.ts'
import type { Vendor } from './vendor.ts'

const PLAIN: Vendor = {}
const VENDORS = new Map<Dialect, Vendor>([
  [openaiResponses, openaiResponsesVendor],
])

/** What the clients of a dialect ask for; of one that is not known here no more than the `POST`. */
export function vendorOf(dialect: Dialect): Vendor {
  return VENDORS.get(dialect) ?? PLAIN
}
