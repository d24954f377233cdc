#!/usr/bin/env node
// Runs the program of this platform with the same arguments, input, output, signals and exit code.
"use strict";
const { spawn } = require("node:child_process");
const { constants } = require("node:os");

const platform = `@portcullis/${process.platform}-${process.arch}`;
let program;
try {
  program = require.resolve(`${platform}/bin/portcullis`);
} catch {
  console.error(
    `portcullis: the package ${platform} is missing. There are programs for Linux on x64 and arm64; ` +
      "on these, install again without --omit=optional.",
  );
  process.exit(1);
}

const child = spawn(program, process.argv.slice(2), { stdio: "inherit" });
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  // A terminal also sends its signals to the program. A second one is harmless.
  process.on(signal, () => child.kill(signal));
}
child.on("error", (error) => {
  console.error(`portcullis: ${program} cannot be started: ${error.message}`);
  process.exit(1);
});
child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
