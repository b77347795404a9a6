import type { Param } from "../../db/param.ts";
/**
 * Which letters a database can hold. The server converts a parameter to the database's encoding and refuses the whole
 * statement for a letter that it lacks (22P05); a NUL has no place in any text (22021).
 */

import type { ResultReader } from "../../db/database.ts";

/** Texts that have to be looked at by `keysResolver` before they are sent: one, or the elements of an array. */
export class KeyTexts {
  readonly texts: readonly (string | null)[];
  readonly isArray: boolean;

  constructor(texts: readonly (string | null)[], isArray: boolean) {
    this.texts = texts;
    this.isArray = isArray;
  }
}

/** What may be lacking. */
const SUSPECT = /[\0\u0080-\uffff]/;
const NUL = "\0";

/** Every letter has its place there, or is not looked at. */
const TAKES_ALL = new Set(["UTF8", "SQL_ASCII"]);

/** "a text has a character that the database's encoding cannot hold" */
const UNTRANSLATABLE = "22P05";

/** Makes texts of key parameters; asks the database for its encoding once, and once for each letter that may be lacking. */
export function keysResolver(): NonNullable<ResultReader["resolve"]> {
  const known = new Map<string, boolean>([[NUL, false]]);
  let encoding: string | undefined;

  return (params, ask) => {
    const keys = params.filter((param) => (param as unknown) instanceof KeyTexts) as unknown as KeyTexts[];
    if (keys.length === 0) return params;
    const foreign = keys.flatMap(({ texts }) => texts.filter((one) => one !== null && SUSPECT.test(one)));
    if (foreign.length === 0) return params.map((param) => asTexts(param, () => true));
    return learn(new Set(foreign.flatMap((one) => [...(one ?? "")]))).then(() =>
      params.map((param) => asTexts(param, isHeld)),
    );

    async function learn(letters: ReadonlySet<string>): Promise<void> {
      encoding ??= String(
        (await ask("SELECT current_setting('server_encoding') AS encoding", []))[0]?.["encoding"],
      );
      if (TAKES_ALL.has(encoding)) return;
      await tryOut([...letters].filter((letter) => !known.has(letter)));
    }

    /** All at once, in halves when one of them is refused. */
    async function tryOut(letters: readonly string[]): Promise<void> {
      if (letters.length === 0) return;
      try {
        const bytes = Buffer.from(letters.join(""), "utf8").toString("hex");
        await ask("SELECT convert(decode(?, 'hex'), 'UTF8', ?)", [bytes, encoding ?? ""]);
        for (const letter of letters) known.set(letter, true);
      } catch (error) {
        if ((error as { code?: unknown }).code !== UNTRANSLATABLE) throw error;
        const half = Math.ceil(letters.length / 2);
        if (letters.length === 1) known.set(letters.join(), false);
        else for (const part of [letters.slice(0, half), letters.slice(half)]) await tryOut(part);
      }
    }
  };

  function isHeld(one: string): boolean {
    if (!SUSPECT.test(one)) return true;
    for (const letter of one) if (known.get(letter) === false) return false;
    return true;
  }
}

function asTexts(param: Param, isHeld: (one: string) => boolean): Param {
  const keys: unknown = param;
  if (!(keys instanceof KeyTexts)) return param;
  const texts = keys.texts.map((one) => (one === null || isHeld(one) ? one : null));
  return keys.isArray ? texts : (texts[0] ?? null);
}
