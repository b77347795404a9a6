// probe.js livez|readyz [PORT]: asks the run beside it (`--listen 127.0.0.1:9464`) how it is; ends with 0 when it is well.
// The run listens on the loopback address only, where a probe from outside the container does not come.
const [path = "livez", port = "9464"] = process.argv.slice(2);
fetch(`http://127.0.0.1:${port}/${path}`, { signal: AbortSignal.timeout(4_000) }).then(
  ({ ok }) => process.exit(ok ? 0 : 1),
  () => process.exit(1),
);
