import { apache } from "./formats/apache.ts";
import { envoy } from "./formats/envoy.ts";
import { gatewayApi } from "./formats/gateway-api.ts";
import { haproxy } from "./formats/haproxy.ts";
import { ingressNginx } from "./formats/ingress-nginx.ts";
import { nginx } from "./formats/nginx.ts";
import { traefik } from "./formats/traefik.ts";
import type { Front } from "./front.ts";

/** What `--format` may name, and the text that each makes. */
export const FORMATS: Readonly<Record<string, (front: Front) => string>> = {
  nginx,
  haproxy,
  apache,
  envoy,
  traefik,
  "ingress-nginx": ingressNginx,
  "gateway-api": gatewayApi,
};
