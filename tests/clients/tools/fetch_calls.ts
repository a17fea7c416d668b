// Calls run, jobs and data through openapi-fetch with the types of openapi-typescript: node fetch_calls.js URL TOKEN
import createClient from "openapi-fetch";
import type { paths } from "./schema";

const [url = "", token = ""] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${token}` } });

async function main(): Promise<void> {
  const run = await client.POST("/api/run", { body: { live: false, lane: "manual" } });
  if (!run.data) throw new Error(run.error.detail);
  const path = { run: run.data.id };
  const source = { schema: 2, coverage: {}, layers: { addresses: [entry()] } };
  const created = await client.POST("/api/run/{run}/jobs", {
    params: { path, header: { "Idempotency-Key": `fetch-${path.run}` } },
    body: { jobs: [{ source, source_name: "xx/fetch" }] },
  });
  if (!created.data) throw new Error(created.error.detail);
  const jobs = await client.GET("/api/run/{run}/jobs", { params: { path, query: { limit: 10, status: "Pending" } } });
  const [job = 0] = created.data.jobs;
  const detail = await client.GET("/api/job/{job}", { params: { path: { job } } });
  const data = await client.GET("/api/data", { params: { query: { source: "us/ca/berkeley", layer: "addresses" } } });
  const [dataset] = data.data?.data ?? [];
  const whole = await client.GET("/api/data/{data}", { params: { path: { data: dataset?.id ?? 0 } } });
  const missing = await client.GET("/api/job/{job}", { params: { path: { job: 999_999 } } });
  console.log(
    JSON.stringify({
      jobs: jobs.data?.jobs.map((each) => each.id),
      job,
      status: detail.data?.status,
      source: detail.data?.source_name,
      data: whole.data?.source_name,
      files: whole.data?.files?.map((file) => file.name),
      missing: missing.error?.code,
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
