/** An enabled trigger that may change a row before it is inserted, with its text. */
export interface BeforeInsert {
  readonly table: string;
  readonly name: string;
  readonly when: string;
  readonly body: string;
}

/**
 * Why a row gets another key than the one it is written with; undefined when it keeps its own. WSO2's scripts number rows
 * so (carbon-kernel and carbon-identity-framework, dbscripts/oracle.sql, every release): BEFORE INSERT a SELECT of the
 * sequence's next value INTO :NEW.ID, without a look at what is in it.
 */
export function whyKeysChange(
  triggers: readonly BeforeInsert[],
  primaryKey: readonly string[],
): string | undefined {
  for (const column of primaryKey) {
    const trigger = triggers.find((one) => assigns(one, column));
    if (trigger === undefined) continue;
    return `trigger ${trigger.name} gives every new row a ${column} of its own, so blue's rows would become others: let it number only rows that have none (\`WHEN (NEW.${column} IS NULL)\` before its body), or disable it until the switch (ALTER TRIGGER ${trigger.name} DISABLE)`;
  }
  return undefined;
}

function assigns({ when, body: text }: BeforeInsert, column: string): boolean {
  const body = text.replace(/--[^\n]*|\/\*.*?\*\//gs, " ");
  const name = `"?${column.replace(/\W/g, "\\$&")}"?`;
  const spares = new RegExp(
    `\\.\\s*${name}\\s+IS\\s+NULL|\\b(NVL|COALESCE)\\s*\\(\\s*:\\w+\\s*\\.\\s*${name}`,
    "i",
  );
  if (spares.test(when) || spares.test(body)) return false;
  // Under any name that REFERENCING gives to NEW; :OLD cannot be assigned to.
  const target = `:\\s*(?!OLD\\b)\\w+\\s*\\.\\s*${name}`;
  const selected = `(?<!\\b(INSERT|MERGE)\\s+)\\bINTO\\b[^;]*${target}(?![.\\w$#"])`;
  return new RegExp(`${target}\\s*:=|${selected}`, "i").test(body);
}
