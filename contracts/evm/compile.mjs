// Compiles SlotLedger.sol with the pinned npm compiler and writes SlotLedger.json, so that running Gridpact needs no
// Node. With --check nothing is written: the artefact must equal a fresh compilation byte for byte.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NAME = "SlotLedger";
const here = dirname(fileURLToPath(import.meta.url));
// GRIDPACT_NODE_MODULES: a node_modules folder elsewhere, for a machine that keeps its packages in one place.
const modules = process.env.GRIDPACT_NODE_MODULES ?? join(here, "node_modules");
const require = createRequire(join(modules, "/"));
const solc = require("solc");

const settings = {
  evmVersion: "cancun",
  optimizer: { enabled: true, runs: 10000 },
  metadata: { bytecodeHash: "none", appendCBOR: false },
  outputSelection: { "*": { "*": ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"] } },
};

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

function compile() {
  const sources = {};
  const read = (path) => {
    const file = path.startsWith("@") ? join(modules, path) : join(here, path);
    const content = readFileSync(file, "utf8");
    sources[path] = sha256(content);
    return content;
  };
  const file = `${NAME}.sol`;
  const input = { language: "Solidity", sources: { [file]: { content: read(file) } }, settings };
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: (path) => ({ contents: read(path) }) }));
  for (const problem of output.errors ?? []) console.error(problem.formattedMessage);
  if (output.errors?.length) process.exit(1);
  const { abi, evm } = output.contracts[file][NAME];
  return {
    name: NAME,
    compiler: solc.version(),
    settings: { evmVersion: settings.evmVersion, optimizer: settings.optimizer, metadata: settings.metadata },
    sources_sha256: Object.fromEntries(Object.entries(sources).sort()),
    abi,
    bytecode: `0x${evm.bytecode.object}`,
    deployed_bytecode: `0x${evm.deployedBytecode.object}`,
  };
}

const target = join(here, `${NAME}.json`);
const fresh = `${JSON.stringify(compile(), null, 2)}\n`;
if (!process.argv.includes("--check")) {
  writeFileSync(target, fresh);
} else if (readFileSync(target, "utf8") !== fresh) {
  console.error(`${NAME}.json is not what ${NAME}.sol compiles to: run "npm run build" and commit the result`);
  process.exit(1);
}
