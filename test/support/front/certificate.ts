// biome-ignore lint/correctness/noUnresolvedImports: it is CommonJS; its default export is the whole of it
import forge from "node-forge";

export interface Certificate {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate that signed itself, for 127.0.0.1, as Identity Server comes with one. */
export function selfSigned(name: string): Certificate {
  const keys = forge.pki.rsa.generateKeyPair(2048);
  const made = forge.pki.createCertificate();
  made.publicKey = keys.publicKey;
  made.serialNumber = "01";
  made.validity.notBefore = new Date(Date.now() - 86_400_000);
  made.validity.notAfter = new Date(Date.now() + 86_400_000);
  const attributes = [{ name: "commonName", value: name }];
  made.setSubject(attributes);
  made.setIssuer(attributes);
  made.sign(keys.privateKey, forge.md.sha256.create());
  return {
    certificate: forge.pki.certificateToPem(made),
    key: forge.pki.privateKeyToPem(keys.privateKey),
  };
}
