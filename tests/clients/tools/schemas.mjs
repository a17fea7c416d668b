// Compiles each schema of an OpenAPI document with ajv, in its strict mode, and prints how many there are.
// Arguments: the document, and samples [[pattern, text, accepted]] that each pattern has to agree with.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

// The packages are next to the document, not to this script.
const require = createRequire(process.cwd() + "/");
const Ajv = require("ajv/dist/2020.js").default;
const addFormats = require("ajv-formats");
const [document, samples] = process.argv.slice(2).map((path) => JSON.parse(readFileSync(path, "utf8")));

// A type and null are one type of JSON Schema 2020-12.
const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: true });
addFormats(ajv);

const withoutPaths = (value) =>
  JSON.parse(JSON.stringify(value).replaceAll('"#/components/schemas/', '"'));
const named = withoutPaths(document.components.schemas);
for (const [name, schema] of Object.entries(named)) ajv.addSchema(schema, name);
for (const name of Object.keys(named)) ajv.getSchema(name);

let inline = 0;
const compileInline = (value) => {
  if (Array.isArray(value)) value.forEach(compileInline);
  else if (value && typeof value === "object") {
    for (const [key, item] of Object.entries(value)) {
      if (key === "schema") {
        ajv.compile(withoutPaths(item));
        inline += 1;
      } else compileInline(item);
    }
  }
};
compileInline(document.paths);
compileInline(document.components.responses);

for (const [pattern, text, accepted] of samples) {
  for (const flags of ["", "u"]) {
    if (new RegExp(pattern, flags).test(text) !== accepted) {
      throw new Error(`/${pattern}/${flags} and the server disagree on ${JSON.stringify(text)}`);
    }
  }
}
console.log(`ajv compiled ${Object.keys(named).length} named and ${inline} inline schemas; ${samples.length} samples of patterns agree`);
