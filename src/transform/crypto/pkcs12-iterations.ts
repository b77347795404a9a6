// biome-ignore lint/correctness/noUnresolvedImports: CommonJS; Node makes its module.exports the default export
import forge from "node-forge";

const { asn1 } = forge;

/** Java's own limit since 8u301: a server does not open a file with more either (sun.security.pkcs12.PKCS12KeyStore). */
export const MAX_ITERATIONS = 5_000_000;

/**
 * The highest count of iterations that opening a PKCS#12 file asks for: a number behind a salt, in the parameters of its
 * encryption (RFC 8018, PBEParameter and PBKDF2-params) and of its MAC (RFC 7292, MacData).
 */
export function highestIterations(node: forge.asn1.Asn1): number {
  const children = Array.isArray(node.value) ? node.value : [];
  const own = children.map((child, i) => {
    const isSalt = children[i - 1]?.type === asn1.Type.OCTETSTRING && children[i - 1]?.tagClass === 0;
    return isSalt && child.type === asn1.Type.INTEGER && child.tagClass === 0 ? unsigned(child.value) : 0;
  });
  return Math.max(0, ...own, ...[...children, ...inside(node)].map(highestIterations));
}

/** As large as it is: an INTEGER may have more digits than a number. */
function unsigned(value: forge.asn1.Asn1["value"]): number {
  return typeof value === "string" ? Number(`0x${Buffer.from(value, "binary").toString("hex") || "0"}`) : 0;
}

/** Contents are octets that hold DER again; octets that hold none, such as a salt, are no matter. */
function inside({ type, tagClass, value }: forge.asn1.Asn1): readonly forge.asn1.Asn1[] {
  const isOctets = type === asn1.Type.OCTETSTRING && tagClass === asn1.Class.UNIVERSAL;
  if (!isOctets || typeof value !== "string" || !value.startsWith("\x30")) return [];
  try {
    return [asn1.fromDer(forge.util.createBuffer(value))];
  } catch {
    return [];
  }
}
