#!/usr/bin/env node
'use strict';
// Runs the binary of mcs-gmail for this platform, which npm installs as an optional dependency: same arguments, streams,
// signals and exit code.

const { spawn } = require('node:child_process');
const { optionalDependencies, version } = require('./package.json');

const name = `mcs-gmail-${process.platform}-${process.arch}`;
const other = 'install mcs-gmail with "cargo install mcs-gmail --locked".';

/** An error in the form of mcs-gmail's own: text on a terminal, one JSON document elsewhere. */
function refuse(message, hint) {
  const error = { code: 'configuration', exit: 10, message, hint, retryable: false };
  console.error(process.stderr.isTTY ? `mcs-gmail: ${message}\nhint: ${hint}` : JSON.stringify({ error }));
  process.exit(10);
}

function isMusl() {
  return process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
}

function find() {
  if (!(name in optionalDependencies)) {
    refuse(`there is no binary for ${process.platform}-${process.arch} on npm`, `On this system, ${other}`);
  }
  if (isMusl()) {
    refuse('the binary on npm needs glibc, and this system has another C library', `Here, ${other}`);
  }
  try {
    return require.resolve(`${name}/bin/mcs-gmail${process.platform === 'win32' ? '.exe' : ''}`);
  } catch {
    return refuse(
      `the package ${name}, which holds the binary, is not installed`,
      'Install again without --omit=optional, --no-optional and omit=optional in .npmrc, and on this system itself ' +
        `rather than from a copied node_modules: npm install mcs-gmail@${version} --include=optional`,
    );
  }
}

const binary = find();
const terminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
// A terminal sends Ctrl-C and Ctrl-\ to the child itself.
const signals = { SIGINT: !terminal, SIGQUIT: !terminal, SIGHUP: true, SIGTERM: true };
for (const [signal, pass] of Object.entries(signals)) {
  process.on(signal, () => pass && child.kill(signal));
}
const child = spawn(binary, process.argv.slice(2), { stdio: 'inherit' });
child.on('error', (error) => {
  refuse(`${binary} cannot be started: ${error.message}`, `Install again: npm install mcs-gmail@${version} --force`);
});
child.on('exit', (code, signal) => {
  if (signal) {
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  } else {
    process.exit(code);
  }
});
