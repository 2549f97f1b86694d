/**
 * When the prices below were last compared with what AWS and others who list its prices publish. CloudWatch, SQS and RDS:
 * lists of June 2026; a NAT gateway's hours and gigabytes, Lambda's time and requests, calls of a REST API: of February to
 * September 2026, with the same figures.
 */
export const PRICES_AS_OF = "June 2026";

export const REGION = "us-east-1";
export const HOURS_A_MONTH = 730;

/** List prices in dollars, without free tiers and discounts: an account's other work may have used them up. */
export const prices = {
  /** A month each, for as many hours as it is told anything. */
  customMetric: 0.3,
  alarmMonth: 0.1,
  dashboardMonth: 3,
  logsGb: 0.5,
  secretMonth: 0.4,
  /** On arm64. */
  lambdaGbSecond: 0.0000133334,
  lambdaMillionRequests: 0.2,
  sqsMillionRequests: 0.4,
  /** With a message group on a standard queue, which makes it fair, a request costs a quarter more. */
  sqsFairMillionRequests: 0.5,
  schedulerMillionStarts: 1,
  apiMillionCalls: 3.5,
  natHour: 0.045,
  natGb: 0.045,
  publicAddressHour: 0.005,
  rdsHour: { "t4g.micro": 0.016, "t4g.small": 0.032, "t4g.medium": 0.065 } as Readonly<
    Record<string, number>
  >,
  rdsStorageGbMonth: 0.115,
} as const;
