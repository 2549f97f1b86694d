import { createHash, createHmac } from "node:crypto";
import { scramVerifier } from "@noctuary/db/scram-verifier";
import { expect, test } from "vitest";

test("a verifier bears out both sides of the exchange that RFC 7677 shows", () => {
  const salt = "W22ZaJ0SNY7soEsUEjb6gQ==";
  const verifier = scramVerifier("pencil", Buffer.from(salt, "base64"));
  const [, iterations, saltIn, storedKey, serverKey] = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(
    verifier,
  )!;
  expect([iterations, saltIn]).toEqual(["4096", salt]);
  const nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
  const exchange = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=${salt},i=4096,c=biws,r=${nonce}`;
  const signed = (key: Buffer) => createHmac("sha256", key).update(exchange).digest();
  expect(signed(Buffer.from(serverKey!, "base64")).toString("base64")).toBe(
    "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
  );
  const signature = signed(Buffer.from(storedKey!, "base64"));
  const proof = Buffer.from("dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "base64");
  const clientKey = Buffer.from(proof.map((byte, i) => byte ^ signature[i]!));
  expect(createHash("sha256").update(clientKey).digest("base64")).toBe(storedKey);
});
