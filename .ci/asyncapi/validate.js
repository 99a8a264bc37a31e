// NODE_PATH=.cache/asyncapi/node_modules node validate.js FILE: one line an error or warning; exits 1 for an error.
const { readFileSync } = require("node:fs");
const { Parser } = require("@asyncapi/parser");

const ERROR = 0;
const WARNING = 1;

async function main(file) {
  const { document, diagnostics } = await new Parser().parse(readFileSync(file, "utf8"), { source: file });
  const findings = diagnostics.filter((finding) => finding.severity <= WARNING);
  for (const { severity, code, path, message } of findings) {
    console.log(`${severity === ERROR ? "error" : "warning"} ${code} at ${path.join(".") || "the root"}: ${message}`);
  }
  if (!document || findings.some((finding) => finding.severity === ERROR)) process.exitCode = 1;
}

main(process.argv[2]);
