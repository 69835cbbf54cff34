#!/usr/bin/env node
import { createProcessIo } from "./io.node.ts";
import { run } from "./program.ts";

const io = createProcessIo();
const exitCode = await run(process.argv.slice(2), io);
// Never call process.exit: output may still be pending, and an exit during a forward pass crashes the process.
process.exitCode = io.outsideExitCode ?? exitCode;
