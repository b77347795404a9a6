/** A text alone; a choice between two is a decision. */
const isText = ({ type }) => type === "StringLiteral" || type === "TemplateLiteral";

/**
 * Passes over the words of an error: what was found and what to do next. They decide nothing, and the table of errors and
 * the tests of the commands hold what has to be in them. Strings that are compared, stored or sent are mutated.
 */
export const strykerPlugins = [
  {
    kind: "Ignore",
    name: "messages",
    value: {
      shouldIgnore(path) {
        const isWords =
          path.isObjectProperty() && ["what", "next"].includes(path.node.key.name) && isText(path.node.value);
        return isWords ? "Words of an error decide nothing" : undefined;
      },
    },
  },
];
