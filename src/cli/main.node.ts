#!/usr/bin/env node
import { createProcessIo } from "./io.node.ts";
import { run } from "./program.ts";

const io = createProcessIo();
const exitCode = await run(process.argv.slice(2), io);
// Never process.exit: output may still be on its way, and ending within a forward pass aborts the process.
process.exitCode = io.outsideExitCode ?? exitCode;
