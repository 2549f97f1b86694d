/**
 * The token of an `Authorization: Bearer` header (RFC 6750, section 2.1): the scheme in any case, one or more spaces,
 * then visible ASCII without a space. null for anything else, several such headers included: which of them would count?
 *
 * @param headers as they came; names in any case, a header that came twice with two values
 */
export function bearerToken(
  headers: Iterable<readonly [name: string, values: readonly string[]]>,
): string | null {
  const values: string[] = [];
  for (const [name, all] of headers) if (name.toLowerCase() === "authorization") values.push(...all);
  if (values.length !== 1) return null;
  return /^bearer +([\x21-\x7e]+)$/i.exec(values[0]!)?.[1] ?? null;
}
