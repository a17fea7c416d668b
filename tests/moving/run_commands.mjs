// Runs commands of @openaddresses/lib and prints the outcome of each, as JSON.
//
// Arguments: the folder of packages. Standard input: {url, secret, added, calls}; `added` are commands that this version
// of the package does not have, by command, subcommand and route; a call is {command, payload, isStream}.

import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [, , modules] = process.argv;
const { default: OA } = await import(pathToFileURL(path.join(modules, '@openaddresses/lib/oa.js')));

const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const { url, secret, added, calls } = JSON.parse(Buffer.concat(chunks));

const settings = { url, script: true };
if (secret) settings.secret = secret;
const oa = new OA(settings);
for (const [command, subcommand, route, query] of added) {
    oa.schema.cli[command].cmds[subcommand] = route;
    oa.schema.schema[route] = { body: false, query, res: true };
}

const { version } = createRequire(import.meta.url)(path.join(modules, '@openaddresses/lib/package.json'));
const outcomes = [];
for (const { command, payload, isStream } of calls) {
    const [name, subcommand] = command.split(' ');
    try {
        const result = await oa.cmd(name, subcommand, payload, { stream: isStream });
        outcomes.push({ command, value: await settle(result) });
    } catch (error) {
        outcomes.push({ command, error: error.message });
    }
}
console.log(JSON.stringify({ version, outcomes }));

/** Return a result; of a file, the number of its bytes. */
async function settle(result) {
    if (!(result instanceof ReadableStream)) return result;
    let bytes = 0;
    for await (const chunk of result) bytes += chunk.length;
    return { bytes };
}
