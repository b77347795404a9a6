/** Shortest way from a row to its transformation, for tests. */
import type { Row } from "../../../src/row.ts";
import type { Lookups } from "../../../src/transform/lookups.ts";
import { buildTransformer, type Transformed, type Transformer } from "../../../src/transform/transformer.ts";

/** The super tenant's own provider is 1, that of tenant 7 is 17; tenant 8 has none. */
export const LOOKUPS: Lookups = {
  localIdpIdByTenant: new Map([
    ["-1234", "1"],
    ["7", "17"],
  ]),
};

export interface Between {
  readonly from: string;
  readonly to?: string;
  readonly tenantInKey?: boolean;
  readonly hashAlgorithm?: string;
}

/** The transformer of `table`; to 5.11.0, with SHA-256 and a source key that has the tenant, unless told otherwise. */
export function transformerOf(table: string, between: Between): Transformer {
  return buildTransformer({
    table,
    sourceVersion: between.from,
    targetVersion: between.to ?? "5.11.0",
    sourceCaptureFacts: { scopeHashKeyIncludesTenant: between.tenantInKey ?? true },
    hashAlgorithm: between.hashAlgorithm ?? "SHA-256",
  });
}

export function transformRow(table: string, row: Row, between: Between): Transformed {
  return transformerOf(table, between).transform(row, LOOKUPS);
}

/** The transformer of the way back to a blue of that release; `receives`: columns of blue's table, each with its length. */
export function backTo(
  table: string,
  blueVersion: string,
  receives?: ReadonlyMap<string, number | undefined>,
): Transformer {
  return buildTransformer({
    table,
    sourceVersion: blueVersion,
    targetVersion: "5.11.0",
    sourceCaptureFacts: { scopeHashKeyIncludesTenant: true },
    hashAlgorithm: "SHA-256",
    direction: "back",
    receives,
  });
}
