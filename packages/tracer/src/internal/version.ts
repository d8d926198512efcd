/** The version that spans carry as their instrumentation scope's. */
export const version = "0.1.0"
