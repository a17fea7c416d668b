// Calls run, jobs and data through the client of hey-api: node sdk_calls.js URL TOKEN
import { createJobs, createRun, getDataset, getJob, listDatasets, listJobsOfRun } from "./sdk";
import { client } from "./sdk/client.gen";

const [url = "", token = ""] = process.argv.slice(2);
// The SDK asks for the credential of each scheme that an operation accepts.
client.setConfig({ baseUrl: url, auth: (scheme) => (scheme.scheme === "bearer" ? token : undefined) });

async function main(): Promise<void> {
  const run = await createRun({ body: { live: false, lane: "manual" }, throwOnError: true });
  const path = { run: run.data.id };
  const source = { schema: 2, coverage: {}, layers: { addresses: [entry()] } };
  const created = await createJobs({
    path,
    headers: { "Idempotency-Key": `sdk-${path.run}` },
    body: { jobs: [{ source, source_name: "xx/sdk" }] },
    throwOnError: true,
  });
  const jobs = await listJobsOfRun({ path, query: { limit: 10, status: "Pending" }, throwOnError: true });
  const [job = 0] = created.data.jobs;
  const detail = await getJob({ path: { job }, throwOnError: true });
  const data = await listDatasets({ query: { source: "us/ca/berkeley", layer: "addresses" }, throwOnError: true });
  const [dataset] = data.data.data;
  const whole = await getDataset({ path: { data: dataset?.id ?? 0 }, throwOnError: true });
  const missing = await getJob({ path: { job: 999_999 } });
  console.log(
    JSON.stringify({
      jobs: jobs.data.jobs.map((each) => each.id),
      job,
      status: detail.data.status,
      source: detail.data.source_name,
      data: whole.data.source_name,
      files: whole.data.files?.map((file) => file.name),
      missing: missing.error && "code" in missing.error ? missing.error.code : undefined,
    }),
  );
}

function entry(): Record<string, unknown> {
  const conform = { format: "csv", number: "NO", street: "ST", lat: "Y", lon: "X" };
  return { name: "city", data: "http://x/a.csv", protocol: "http", conform };
}

declare const process: { argv: string[]; exitCode?: number };
main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
