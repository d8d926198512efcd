import { describe, expect, it } from "@effect/vitest"
import { EndpointPolicy } from "@tenant-tracer/tracer"
import { Either, FastCheck } from "effect"

const { make, parseRule, permissive, publicOnly } = EndpointPolicy

/** What becomes of an endpoint: `allowed`, or why not. */
const verdict = (policy: EndpointPolicy.EndpointPolicy, url: string): string =>
  Either.match(policy.judge(url), { onLeft: ({ reason }) => reason, onRight: () => "allowed" })

const target = (host: string, scheme: "http" | "https" = "https"): EndpointPolicy.Target => ({
  scheme,
  host,
  port: scheme === "https" ? 443 : 80
})

const atConnect = (policy: EndpointPolicy.EndpointPolicy, address: string, at = target("x.example")): string =>
  Either.match(policy.judgeAddress(address, at), { onLeft: ({ reason }) => reason, onRight: () => "allowed" })

/** First and last address of each range that is not public, and its neighbours where they are. */
const ranges: ReadonlyArray<readonly [first: string, last: string, ...neighbours: ReadonlyArray<string>]> = [
  ["0.0.0.0", "0.255.255.255", "1.0.0.0"],
  ["10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"],
  ["100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"],
  ["127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"],
  ["168.63.129.16", "168.63.129.16", "168.63.129.15", "168.63.129.17"],
  ["169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"],
  ["172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"],
  ["192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"],
  ["192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"],
  ["192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"],
  ["192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"],
  ["198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"],
  ["198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"],
  ["203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"],
  ["224.0.0.0", "255.255.255.255", "223.255.255.255"],
  ["::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"],
  ["::1", "::ffff:ffff:ffff"],
  ["64:ff9b::", "64:ff9b::ffff:ffff"],
  ["64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff"],
  ["100::", "100::ffff:ffff:ffff:ffff"],
  ["2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2000:ffff:ffff::", "2001:200::"],
  ["2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db7:ffff::", "2001:db9::"],
  ["2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:ffff::", "2003::"],
  ["3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3ffe:ffff::", "3fff:1000::"],
  ["4000::", "5f00::"],
  ["fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["fd00:ec2::254", "fd20:ce::254"],
  ["fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ["fec0::", "feff:ffff::"],
  ["ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]
]

const inUrl = (address: string): string => (address.includes(":") ? `[${address}]` : address)

describe("addresses", () => {
  it.each(ranges)("%s to %s are not public, and what lies beside them is", (first, last, ...neighbours) => {
    for (const address of [first, last]) {
      expect([address, atConnect(publicOnly, address)]).toEqual([address, "address"])
      expect([address, verdict(publicOnly, `https://${inUrl(address)}/v1`)]).toEqual([address, "address"])
    }
    for (const address of neighbours) {
      expect([address, atConnect(publicOnly, address)]).toEqual([address, "allowed"])
      expect([address, verdict(publicOnly, `https://${inUrl(address)}/v1`)]).toEqual([address, "allowed"])
    }
  })

  it.each(["", "localhost", "1.2.3", "0x7f.1", "2130706433", "8.8.8.8 ", "[2606:4700::1]", "8.8.8.8/8", "::ffff:x"])(
    "a resolver's %j is no address, whatever the policy",
    (address) => {
      for (const policy of [publicOnly, permissive, make({ allow: [{ cidr: "0.0.0.0/0" }, { cidr: "::/0" }] })])
        expect(atConnect(policy, address)).toBe("address")
    }
  )

  it("an interface named beside a local address makes it no better", () => {
    expect(atConnect(publicOnly, "fe80::1%eth0")).toBe("address")
    expect(atConnect(publicOnly, "::1%lo")).toBe("address")
  })

  const byte = FastCheck.integer({ min: 0, max: 255 })

  it.prop("an IPv4 address in any notation is judged as what it is", [byte, byte, byte, byte], ([a, b, c, d]) => {
    const [number, dotted] = [((a * 256 + b) * 256 + c) * 256 + d, [a, b, c, d].join(".")]
    const octal = (n: number) => `0${n.toString(8)}`
    const hex = (n: number) => `0x${n.toString(16)}`
    const fullWidth = dotted.replace(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0))
    const expected = atConnect(publicOnly, dotted)
    for (const host of [
      dotted,
      `${dotted}.`,
      String(number),
      octal(number),
      hex(number),
      [a, b, c, d].map(octal).join("."),
      [a, b, c, d].map(hex).join("."),
      `${a}.${(b * 256 + c) * 256 + d}`,
      `${hex(a)}.${octal(b)}.${c * 256 + d}`,
      fullWidth,
      dotted.replaceAll(".", "。"),
      dotted.replace(/\d/g, (digit) => `%3${digit}`)
    ]) {
      expect([host, verdict(publicOnly, `https://${host}/v1`)]).toEqual([host, expected])
    }
  })

  it.prop("an IPv4 address inside an IPv6 one is never public", [byte, byte, byte, byte], ([a, b, c, d]) => {
    const dotted = [a, b, c, d].join(".")
    const words = [a * 256 + b, c * 256 + d].map((word) => word.toString(16)).join(":")
    for (const host of [
      `::ffff:${dotted}`,
      `::ffff:${words}`,
      `0:0:0:0:0:FFFF:${words}`,
      `::${dotted}`,
      `64:ff9b::${dotted}`,
      `64:ff9b:1::${dotted}`,
      `2002:${words}::1`,
      `2001:0:${words}::`
    ]) {
      expect([host, verdict(publicOnly, `https://[${host}]/v1`)]).toEqual([host, "address"])
      expect([host, atConnect(publicOnly, host)]).toEqual([host, "address"])
    }
  })

  it.prop("a public address passes, by name and as it is", [byte, byte, byte, byte], ([a, b, c, d]) => {
    const number = ((a * 256 + b) * 256 + c) * 256 + d
    const numberOf = (dotted: string) => dotted.split(".").reduce((sum, part) => sum * 256 + Number(part), 0)
    const special = ranges.some(([first, last]) => {
      return !first.includes(":") && numberOf(first) <= number && number <= numberOf(last)
    })
    const address = [a, b, c, d].join(".")
    expect([address, atConnect(publicOnly, address)]).toEqual([address, special ? "address" : "allowed"])
    expect([address, verdict(publicOnly, `https://${address}`)]).toEqual([address, special ? "address" : "allowed"])
  })
})

describe("endpoints", () => {
  it.each([
    ["https://otlp.vendor.com/v1/traces", "allowed"],
    ["https://otlp.vendor.com:8443/v1/traces?a=b", "allowed"],
    ["HTTPS://OTLP.Vendor.com./v1/traces", "allowed"],
    ["https://bücher.example/", "allowed"],
    ["http://otlp.vendor.com/v1/traces", "scheme"],
    ["http://8.8.8.8/", "scheme"],
    ["ftp://otlp.vendor.com/", "scheme"],
    ["file:///etc/passwd", "scheme"],
    ["gopher://127.0.0.1:6379/", "scheme"],
    ["javascript:alert(1)", "scheme"],
    ["https://user@otlp.vendor.com/", "user_info"],
    ["https://:pass@otlp.vendor.com/", "user_info"],
    ["https://otlp.vendor.com@127.0.0.1/", "user_info"],
    ["https://otlp.vendor.com\\@127.0.0.1/", "allowed"],
    ["https://otlp.vendor.com#@127.0.0.1/", "allowed"],
    ["https://127.0.0.1#@otlp.vendor.com/", "address"],
    ["https:127.0.0.1", "address"],
    ["https:///127.0.0.1/", "address"],
    ["https://\t127.0.0.1/", "address"],
    ["https://localhost/", "host"],
    ["https://LOCALHOST./", "host"],
    ["https://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ/", "host"],
    ["https://a.localhost/", "host"],
    ["https://printer.local/", "host"],
    ["https://metadata.google.internal/", "host"],
    ["https://router.home.arpa./", "host"],
    ["https://x.onion/", "host"],
    ["https://redis:6379/", "host"],
    ["https://a..b/", "invalid"],
    ["https://vendor.com../", "invalid"],
    ["https://./", "invalid"],
    ["https://langfuse.corp:99999", "invalid"],
    ["https://foo.0x4/", "invalid"],
    ["https://[fe80::1%25eth0]/", "invalid"],
    ["https://", "invalid"],
    ["otlp.vendor.com", "invalid"],
    ["//otlp.vendor.com", "invalid"],
    ["", "invalid"]
  ])("%j: %s", (url, expected) => {
    expect(verdict(publicOnly, url)).toBe(expected)
  })

  it("gives the parts that a connection is made from", () => {
    expect(publicOnly.judge("https://Bücher.Example./v1")).toEqual(
      Either.right({ scheme: "https", host: "xn--bcher-kva.example", port: 443, settled: false })
    )
    expect(publicOnly.judge("https://[2606:4700:0::1]:8443")).toEqual(
      Either.right({ scheme: "https", host: "2606:4700::1", port: 8443, settled: true })
    )
  })

  it.prop("no text throws, and only http and https are ever allowed", [FastCheck.string()], ([text]) => {
    for (const url of [
      text,
      `https://${text}`,
      `http://${text}/v1`,
      `https://${text}@127.0.0.1`,
      `https://[${text}]`
    ]) {
      for (const policy of [publicOnly, permissive, make({ allow: [{ cidr: "10.0.0.0/8" }, { host: "*.b.c" }] })]) {
        const judged = policy.judge(url)
        if (Either.isRight(judged)) expect(new URL(url).protocol).toMatch(/^https?:$/)
        else expect(judged.left.message.length).toBeGreaterThan(40)
      }
    }
    expect(["allowed", "address"]).toContain(atConnect(publicOnly, text))
  })

  it("what is said of a refusal shows no credential, and says what to do", () => {
    const said = (url: string) =>
      Either.match(publicOnly.judge(url), { onLeft: ({ message }) => message, onRight: () => "" })
    expect(said("https://canary:canary@x.example/?k=canary")).toBe(
      `the endpoint's host "x.example" comes with a user name or a password: put credentials into headers`
    )
    expect(said("not a canary")).toBe(
      "the endpoint is not part of a valid URL: give the full https:// URL of the traces endpoint"
    )
    expect(said("http://10.0.0.5:3000/canary")).not.toContain("canary")
    expect(said(`https://${"a.".repeat(5000)}localhost/`).length).toBeLessThan(400)
  })

  it("what is said of one address that is not public is what is said of all", () => {
    const said = (address: string) =>
      Either.match(publicOnly.judgeAddress(address, target("x.example")), {
        onLeft: ({ message }) => message,
        onRight: () => "allowed"
      })
    expect(new Set(ranges.flatMap(([first, last]) => [said(first), said(last)])).size).toBe(1)
  })
})

it.prop(
  "what was judged before is judged the same, however many others were meanwhile",
  [FastCheck.infiniteStream(FastCheck.webUrl()), FastCheck.integer({ min: 1, max: 600 })],
  ([urls, count]) => {
    const texts = [...urls.take(count)].flatMap((url) => [url, `${url}#${"x".repeat(600)}`])
    const policy = EndpointPolicy.publicOnly
    const first = texts.map(policy.judge)
    expect(texts.toReversed().map(policy.judge).toReversed()).toEqual(first)
    expect(texts.slice(0, 20).map((text) => EndpointPolicy.make().judge(text))).toEqual(first.slice(0, 20))
  },
  { fastCheck: { numRuns: 20 } }
)

describe("a verdict", () => {
  /** Each judgement makes a verdict of its own: one that is the same was remembered. */
  const isRemembered = (policy: EndpointPolicy.EndpointPolicy, text: string, meanwhile: () => void = () => {}) => {
    const first = policy.judge(text)
    meanwhile()
    return policy.judge(text) === first
  }

  it.each(["https://x.example", "http://10.0.0.1", `https://x.example/${"a".repeat(494)}`])("of %s is kept", (text) => {
    expect(isRemembered(make(), text)).toBe(true)
  })

  it("of a longer text is not, since nobody bounds what tenants think of", () => {
    const text = `https://x.example/${"a".repeat(495)}`
    expect(text).toHaveLength(513)
    expect(isRemembered(make(), text)).toBe(false)
  })

  it("is kept among the latest 256, and not for ever", () => {
    const after = (count: number) => {
      const policy = make()
      return isRemembered(policy, "https://x.example", () => {
        for (let index = 0; index < count; index++) policy.judge(`https://${index}.x.example`)
      })
    }
    expect([after(255), after(256)]).toEqual([true, false])
  })
})

describe("case 215: nothing is reached that is not on the list", () => {
  const listed = make({ public: false, allow: [{ host: "langfuse.corp", scheme: "https" }] })

  it.each([
    ["http://127.0.0.1:9111", "address"],
    ["http://169.254.169.254", "address"],
    ["http://10.0.0.5:3000", "address"],
    ["https://collector.example.com", "host"],
    ["https://8.8.8.8", "host"],
    ["https://langfuse.corp:99999", "invalid"],
    ["ftp://collector.example.com", "scheme"],
    ["https://langfuse.corp:3000", "allowed"]
  ])("%s: %s", (url, expected) => {
    expect(verdict(listed, url)).toBe(expected)
  })
})

describe("rules", () => {
  it("case 217: a host and its port are opened, and nothing beside them", () => {
    const policy = make({ allow: [Either.getOrThrow(parseRule("127.0.0.1:9111"))] })
    expect(verdict(policy, "http://127.0.0.1:9111/v1/traces")).toBe("allowed")
    expect(verdict(policy, "https://2130706433:9111/v1/traces")).toBe("allowed")
    for (const url of ["http://127.0.0.1:9112", "http://127.0.0.1", "http://127.0.0.2:9111", "http://[::1]:9111"])
      expect([url, verdict(policy, url)]).toEqual([url, "address"])
    expect(verdict(policy, "https://otlp.vendor.com")).toBe("allowed")
  })

  it("a host is opened whatever its address, unless the rule says which", () => {
    const any = make({ allow: [{ host: "Collector.Corp." }] })
    expect(any.judge("http://collector.corp:4318")).toMatchObject({ right: { settled: true } })
    expect(atConnect(any, "10.0.0.1", target("collector.corp", "http"))).toBe("allowed")
    expect(atConnect(any, "10.0.0.1", target("other.corp"))).toBe("address")
    const some = make({ allow: [{ host: "collector.corp", cidr: "10.0.0.0/8" }] })
    expect(some.judge("http://collector.corp:4318")).toMatchObject({ right: { settled: false } })
    expect(atConnect(some, "10.0.0.1", target("collector.corp", "http"))).toBe("allowed")
    expect(atConnect(some, "10.0.0.1", target("other.corp"))).toBe("address")
    expect(atConnect(some, "169.254.169.254", target("collector.corp"))).toBe("address")
    expect(atConnect(some, "8.8.8.8", target("collector.corp"))).toBe("allowed")
    expect(atConnect(some, "8.8.8.8", target("collector.corp", "http"))).toBe("scheme")
  })

  it("a range is opened for every name, and for its addresses in any notation", () => {
    const policy = make({ allow: [{ cidr: "10.0.0.0/8" }, { cidr: "fd00::/8", port: 443 }] })
    expect(policy.judge("http://collector")).toMatchObject({ right: { settled: false } })
    expect(atConnect(policy, "10.1.2.3", target("collector", "http"))).toBe("allowed")
    expect(atConnect(policy, "::ffff:10.1.2.3", target("collector"))).toBe("allowed")
    expect(atConnect(policy, "192.168.0.1", target("collector"))).toBe("address")
    expect(verdict(policy, "http://0x0a.1/")).toBe("allowed")
    expect(verdict(policy, "https://[fd00::1]/")).toBe("allowed")
    expect(verdict(policy, "https://[fd00::1]:8443/")).toBe("address")
    expect(verdict(policy, "http://11.0.0.1/")).toBe("scheme")
  })

  it("a range of IPv6 opens no address of IPv4", () => {
    const policy = make({ allow: [{ cidr: "::/0" }] })
    expect(atConnect(policy, "127.0.0.1")).toBe("address")
    expect(atConnect(policy, "::1")).toBe("allowed")
  })

  it("names below a suffix are opened, and not the suffix or what merely ends like it", () => {
    const policy = make({ public: false, allow: [{ host: "*.Bücher.corp" }] })
    expect(verdict(policy, "http://a.b.bücher.corp")).toBe("allowed")
    expect(verdict(policy, "https://a.xn--bcher-kva.corp.")).toBe("allowed")
    for (const host of ["bücher.corp", "notbücher.corp", "a.bücher.corp.evil.com"])
      expect([host, verdict(policy, `https://${host}`)]).toEqual([host, "host"])
  })

  it("a rule with neither host nor range opens public addresses only", () => {
    const policy = make({ allow: [{ scheme: "http" }, { port: 6379 }] })
    expect(verdict(policy, "http://otlp.vendor.com")).toBe("allowed")
    expect(atConnect(policy, "8.8.8.8", target("otlp.vendor.com", "http"))).toBe("allowed")
    expect(atConnect(policy, "127.0.0.1", target("otlp.vendor.com", "http"))).toBe("address")
    expect(verdict(policy, "http://127.0.0.1:6379")).toBe("address")
  })

  it("the permissive policy asks for http or https, and for nothing else", () => {
    for (const url of ["http://127.0.0.1:1", "https://[::1]", "http://localhost", "https://x.example", "http://redis"])
      expect(permissive.judge(url)).toMatchObject({ right: { settled: true } })
    expect(verdict(permissive, "ftp://127.0.0.1")).toBe("scheme")
    expect(verdict(permissive, "http://a:b@127.0.0.1")).toBe("user_info")
  })

  const rule = FastCheck.record(
    {
      scheme: FastCheck.constantFrom("http" as const, "https" as const),
      host: FastCheck.constantFrom("*", "*.corp", "a.corp", "127.0.0.1", "::1"),
      cidr: FastCheck.constantFrom("127.0.0.0/8", "10.0.0.0/8", "::/0", "0.0.0.0/0"),
      port: FastCheck.constantFrom(80, 443, 4318)
    },
    { requiredKeys: [] }
  )

  const where = FastCheck.record({
    scheme: FastCheck.constantFrom("http" as const, "https" as const),
    host: FastCheck.constantFrom("a.corp", "b.corp", "corp", "127.0.0.1", "::1"),
    port: FastCheck.constantFrom(80, 443, 4318)
  })

  const addresses = FastCheck.constantFrom(
    "127.0.0.1",
    "10.0.0.1",
    "8.8.8.8",
    "::1",
    "::ffff:127.0.0.1",
    "2606:4700::1"
  )

  it.prop("what a rule says narrows it", [rule, where, addresses], ([given, at, address]) => {
    const opens = (rule: EndpointPolicy.AllowRule) =>
      atConnect(make({ allow: [rule], public: false }), address, at) === "allowed"
    if (!opens(given)) return
    expect(opens({ ...given, scheme: undefined })).toBe(true)
    expect(opens({ ...given, port: undefined })).toBe(true)
    // Without both, a rule is about public addresses.
    if (given.cidr !== undefined) expect(opens({ ...given, host: undefined })).toBe(true)
    if (given.host !== undefined) expect(opens({ ...given, cidr: undefined })).toBe(true)
  })

  it.prop(
    "rules open more and never less, in whatever order",
    [FastCheck.array(rule), where, addresses],
    ([allow, at, address]) => {
      const [all, reversed] = [make({ allow }), make({ allow: [...allow].reverse() })]
      expect(atConnect(reversed, address, at)).toBe(atConnect(all, address, at))
      const alone = [make(), ...allow.map((rule) => make({ allow: [rule] }))]
      expect(atConnect(all, address, at) === "allowed").toBe(
        alone.some((policy) => atConnect(policy, address, at) === "allowed")
      )
    }
  )

  it("policies of the same rules have one name, and others have another", () => {
    expect(make({ allow: [{ port: 1 }] }).name).toBe(make({ allow: [{ port: 1 }] }).name)
    expect(
      new Set([publicOnly, permissive, make({ public: false }), make({ allow: [{ port: 1 }] })].map(({ name }) => name))
        .size
    ).toBe(4)
  })

  it.each([
    [{ host: "" }, "host"],
    [{ host: "http://x.example" }, "host"],
    [{ host: "x.example:80" }, "host"],
    [{ host: "x.example/v1" }, "host"],
    [{ host: "*.*.example" }, "host"],
    [{ host: "x.*" }, "host"],
    [{ host: "*." }, "host"],
    [{ host: "*.127.0.0.1" }, "host"],
    [{ host: "a b" }, "host"],
    [{ cidr: "10.0.0.0" }, "cidr"],
    [{ cidr: "10.0.0.0/33" }, "cidr"],
    [{ cidr: "::/129" }, "cidr"],
    [{ cidr: "10.0.0.0/" }, "cidr"],
    [{ cidr: "10.0.0.0/8/8" }, "cidr"],
    [{ cidr: "10/8" }, "cidr"],
    [{ cidr: "x.example/8" }, "cidr"],
    [{ port: 0 }, "port"],
    [{ port: 65536 }, "port"],
    [{ port: 1.5 }, "port"],
    [{ scheme: "ftp" }, "scheme"],
    [{ hosts: ["a"] }, "rule"]
  ])("%j is a mistake that is named", (rule, field) => {
    // What a caller without types may hand over.
    const wrong = () => make({ allow: [rule as EndpointPolicy.AllowRule] })
    expect(wrong).toThrow(EndpointPolicy.AllowRuleError)
    expect(wrong).toThrow(`endpoint policy: ${field} `)
  })
})

describe("rules from text", () => {
  it.each([
    ["10.0.0.0/8", { cidr: "10.0.0.0/8" }],
    ["fd00::/8", { cidr: "fd00::/8" }],
    ["127.0.0.1:9111", { host: "127.0.0.1", port: 9111 }],
    ["collector.corp", { host: "collector.corp" }],
    [" *.corp:4318 ", { host: "*.corp", port: 4318 }],
    ["http://collector.corp:4318", { scheme: "http", host: "collector.corp", port: 4318 }],
    ["http://collector.corp", { scheme: "http", host: "collector.corp", port: 80 }],
    ["HTTPS://[::1]", { scheme: "https", host: "[::1]", port: 443 }],
    ["https://*", { scheme: "https", host: "*", port: 443 }]
  ])("%j", (text, expected) => {
    expect(parseRule(text)).toEqual(Either.right(expected))
  })

  it("an address of IPv6 is meant, brackets or not", () => {
    expect(verdict(make({ allow: [{ host: "[::1]" }] }), "http://[0::1]/")).toBe("allowed")
    expect(verdict(make({ allow: [{ host: "::1" }] }), "http://[0::1]/")).toBe("allowed")
  })

  it.each([
    "",
    "ftp://x.example",
    "http://x.example/v1",
    "http://u:p@x.example",
    "x.example:http",
    "x.example:0",
    "10.0.0.0/99",
    "::1",
    "/8",
    "a,b c"
  ])("%j is an error that says what is expected", (text) => {
    expect(Either.getOrThrow(Either.flip(parseRule(text))).message).toMatch(/^endpoint policy: \w+ .{20,}/)
  })

  it.prop("no text throws, and what is read makes a policy", [FastCheck.string()], ([text]) => {
    for (const given of [text, `http://${text}`, `${text}/8`, `*.${text}`, `[${text}]:1`]) {
      const parsed = parseRule(given)
      if (Either.isRight(parsed)) expect(() => make({ allow: [parsed.right] })).not.toThrow()
    }
  })
})
