/** Every mark, in the order in which they are looked into. */
import type { Suite } from "./Suite.js"
import * as Delivery from "./suites/Delivery.js"
import * as Destinations from "./suites/Destinations.js"
import * as Encoding from "./suites/Encoding.js"
import * as EventLoop from "./suites/EventLoop.js"
import * as Isolation from "./suites/Isolation.js"
import * as Limits from "./suites/Limits.js"
import * as Memory from "./suites/Memory.js"
import * as RequestPath from "./suites/RequestPath.js"
import * as Sockets from "./suites/Sockets.js"

/** All of them. */
export const suites: ReadonlyArray<Suite> = [
  RequestPath.suite,
  Delivery.suite,
  Destinations.suite,
  Memory.suite,
  Sockets.suite,
  Isolation.suite,
  EventLoop.suite,
  Encoding.suite,
  Limits.suite
]
