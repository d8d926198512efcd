/**
 * Text for encoders that are not ours: half of a surrogate pair, which UTF-8 cannot say, is U+FFFD. In JSON it would be an escape that strict readers
 * refuse, with the whole batch.
 */

const lone = /\p{Cs}/gu

export const wellFormed = (text: string): string => text.replace(lone, "\ufffd")
