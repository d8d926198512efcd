/**
 * What the protocol says where it says something, and nothing else: a vendor's own file has what differs, and what is never taken for granted, which is
 * the encodings and what becomes of orphans.
 */
export const defaults = {
  paths: ["/v1/traces"],
  compressions: ["gzip"],
  requiredHeaders: [],
  unauthorizedStatus: 401,
  forbiddenStatus: 403,
  requiredResourceAttributes: [],
  missingResourceStatus: 400,
  otherPaths: [],
  maxBytes: Number.POSITIVE_INFINITY,
  requestsPerMinute: Number.POSITIVE_INFINITY,
  oldestSpan: Number.POSITIVE_INFINITY,
  valueLength: Number.POSITIVE_INFINITY,
  keyLength: Number.POSITIVE_INFINITY,
  lengthUnit: "characters",
  listLength: Number.POSITIVE_INFINITY,
  undecodableStatus: 400,
  successStatus: 200
} as const
