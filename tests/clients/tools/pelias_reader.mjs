// Reads a file as the importer of Pelias does (github.com/pelias/openaddresses, lib/streams): one feature per line, points
// only, the properties by name, records with LON, LAT, NUMBER and STREET, then documents. The importer is not on npm, so
// its rules are in our words; the documents are those of its own model, npm pelias-model. Arguments: the file, its ID.
import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// The packages are next to the file, not to this script.
const { Document } = createRequire(process.cwd() + "/")("pelias-model");
const [path, id] = process.argv.slice(2);

const columns = { NUMBER: "number", STREET: "street", POSTCODE: "postcode", UNIT: "unit", DISTRICT: "district", REGION: "region", CITY: "city" };
const excluded = /\b(NULL|UNDEFINED|UNAVAILABLE)\b/i;
const isPresent = (value) => typeof value === "number" || (typeof value === "string" && value !== "");
const isValid = (record) =>
  ["LON", "LAT", "NUMBER", "STREET"].every((column) => isPresent(record[column])) &&
  !/^(NULL|UNDEFINED|UNAVAILABLE)$/i.test(record.NUMBER) &&
  !excluded.test(record.STREET) &&
  !["LON", "LAT"].every((column) => Math.abs(parseFloat(record[column])) < 0.0005);

const counts = { lines: 0, unreadable: 0, others: 0, invalid: 0, refused: 0 };
const documents = [];
for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
  counts.lines += 1;
  let feature;
  try {
    feature = JSON.parse(line);
  } catch {
    counts.unreadable += 1;
    continue;
  }
  if (feature?.geometry?.type !== "Point") {
    counts.others += 1;
    continue;
  }
  const [LON, LAT] = feature.geometry.coordinates;
  const record = { LON, LAT };
  for (const [column, name] of Object.entries(columns)) record[column] = feature.properties?.[name];
  if (!isValid(record)) {
    counts.invalid += 1;
    continue;
  }
  try {
    const made = new Document("openaddresses", "address", `${id}:${documents.length}`)
      .setName("default", `${record.NUMBER} ${record.STREET}`)
      .setAddress("number", record.NUMBER)
      .setAddress("street", record.STREET)
      .setCentroid({ lon: record.LON, lat: record.LAT });
    if (record.POSTCODE) made.setAddress("zip", record.POSTCODE);
    documents.push({
      name: made.getName("default"),
      number: made.getAddress("number"),
      street: made.getAddress("street"),
      zip: made.getAddress("zip") ?? null,
      centroid: made.getCentroid(),
    });
  } catch {
    counts.refused += 1;
  }
}
console.log(JSON.stringify({ counts, documents }));
