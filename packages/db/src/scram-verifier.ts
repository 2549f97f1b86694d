import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

const ITERATIONS = 4_096;

/**
 * What Postgres stores of a password under SCRAM-SHA-256 (RFC 5802, section 3; RFC 7677). Written here because the server
 * makes it only of a password that it is told, and drivers keep theirs to themselves.
 */
export function scramVerifier(password: string, salt: Buffer): string {
  const salted = pbkdf2Sync(password.normalize("NFKC"), salt, ITERATIONS, 32, "sha256");
  const key = (name: string) => createHmac("sha256", salted).update(name).digest();
  const storedKey = createHash("sha256").update(key("Client Key")).digest("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey}:${key("Server Key").toString("base64")}`;
}
