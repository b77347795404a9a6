import type { KeyObject } from "node:crypto";
// Types alone: the threads that encrypt open no keystores.
import type { RsaCertificate, RsaKey } from "./keystore.ts";

/** What RSA encryption takes; a private key holds its public half. */
export const encryptingKey = (key: RsaKey | RsaCertificate): KeyObject =>
  "privateKey" in key ? key.privateKey : key.publicKey;
