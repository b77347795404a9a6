/** A text alone; a choice between two is a decision. */
const isText = ({ type }) => type === "StringLiteral" || type === "TemplateLiteral";

const isOfError = (path) =>
  path.findParent((outer) => outer.isNewExpression() && outer.node.callee.name === "SyncError") !== null;

/**
 * Passes over the words of a SyncError: what was found and what to do next. They decide nothing, and the table of errors and
 * the tests of the commands hold what has to be in them. Strings that are compared, stored or sent are mutated, so is an
 * error's code.
 */
export const strykerPlugins = [
  {
    kind: "Ignore",
    name: "messages",
    value: {
      shouldIgnore(path) {
        const isWords =
          path.isObjectProperty() &&
          ["what", "next"].includes(path.node.key.name) &&
          isText(path.node.value) &&
          isOfError(path);
        return isWords ? "Words of an error decide nothing" : undefined;
      },
    },
  },
];
