/**
 * The vendors that have a name: every one but `otlp`, whose endpoint may be at any of them.
 */
import type { Vendor } from "@tenant-tracer/model/Vendor"
import * as AgentOps from "../AgentOps.js"
import * as Arize from "../Arize.js"
import * as Axiom from "../Axiom.js"
import * as Braintrust from "../Braintrust.js"
import * as Coralogix from "../Coralogix.js"
import * as Dash0 from "../Dash0.js"
import * as Datadog from "../Datadog.js"
import * as Dynatrace from "../Dynatrace.js"
import * as Elastic from "../Elastic.js"
import * as Galileo from "../Galileo.js"
import * as GrafanaCloud from "../GrafanaCloud.js"
import * as Honeycomb from "../Honeycomb.js"
import * as HoneyHive from "../HoneyHive.js"
import * as Laminar from "../Laminar.js"
import * as Langfuse from "../Langfuse.js"
import * as LangSmith from "../LangSmith.js"
import * as Langtrace from "../Langtrace.js"
import * as LangWatch from "../LangWatch.js"
import * as Levo from "../Levo.js"
import * as Logfire from "../Logfire.js"
import * as NewRelic from "../NewRelic.js"
import * as Openlayer from "../Openlayer.js"
import * as Opik from "../Opik.js"
import * as Phoenix from "../Phoenix.js"
import * as PostHog from "../PostHog.js"
import * as Sentry from "../Sentry.js"
import * as SigNoz from "../SigNoz.js"
import * as Tempo from "../Tempo.js"
import * as Traceloop from "../Traceloop.js"
import * as Weave from "../Weave.js"

export const contract: ReadonlyArray<Vendor> = [
  Langfuse.vendor,
  Arize.vendor,
  Phoenix.vendor,
  LangSmith.vendor,
  Braintrust.vendor,
  Weave.vendor,
  Datadog.vendor,
  Honeycomb.vendor,
  NewRelic.vendor,
  GrafanaCloud.vendor,
  Tempo.vendor,
  Dynatrace.vendor
]

export const cited: ReadonlyArray<Vendor> = [
  LangWatch.vendor,
  AgentOps.vendor,
  Openlayer.vendor,
  Opik.vendor,
  Logfire.vendor,
  Laminar.vendor,
  HoneyHive.vendor,
  Galileo.vendor,
  Traceloop.vendor,
  PostHog.vendor,
  Sentry.vendor,
  SigNoz.vendor,
  Dash0.vendor,
  Axiom.vendor,
  Elastic.vendor,
  Coralogix.vendor
]

export const unverified: ReadonlyArray<Vendor> = [Langtrace.vendor, Levo.vendor]
