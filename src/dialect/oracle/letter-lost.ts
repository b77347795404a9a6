/** A text that its column would store with other letters. Nothing was sent, so that the transaction is as it was. */
export class LetterLost extends Error {
  readonly code = "LETTER_LOST";
}
