/**
 * The ends of a call to AWS, for a client's `requestHandler`. A request that takes longer than it may is only warned of
 * unless the SDK is told to throw (@smithy/node-http-handler 4).
 */
export function callLimits({ requestMs, connectMs }: { requestMs: number; connectMs: number }) {
  return { requestTimeout: requestMs, connectionTimeout: connectMs, throwOnRequestTimeout: true };
}
