// biome-ignore lint/correctness/noUnresolvedImports: CommonJS; Node makes its module.exports the default export
import forge from "node-forge";

const { asn1 } = forge;
const HUGE = "\x7f\xff\xff\xff";

/** A PKCS#12 file with one of its counts of iterations, the n-th, made 2,147,483,647; undefined when it has no n-th. */
export function endlessKeystore(file: Buffer, n: number): Buffer | undefined {
  let seen = 0;

  function changed(node: forge.asn1.Asn1): forge.asn1.Asn1 {
    if (Array.isArray(node.value)) {
      const value = node.value.map((child, i, all): forge.asn1.Asn1 => {
        const isCount = child.type === asn1.Type.INTEGER && all[i - 1]?.type === asn1.Type.OCTETSTRING;
        return isCount && seen++ === n ? { ...child, value: HUGE } : changed(child);
      });
      return { ...node, value };
    }
    if (node.type !== asn1.Type.OCTETSTRING || !node.value.startsWith("\x30")) return node;
    try {
      const inner = changed(asn1.fromDer(forge.util.createBuffer(node.value)));
      return { ...node, value: asn1.toDer(inner).getBytes() };
    } catch {
      return node;
    }
  }

  const whole = changed(asn1.fromDer(forge.util.createBuffer(file.toString("binary"))));
  return seen > n ? Buffer.from(asn1.toDer(whole).getBytes(), "binary") : undefined;
}
