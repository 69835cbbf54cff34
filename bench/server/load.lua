-- wrk's side of run.mjs: wrk -t N -c N … URL -- FOLDER, as many threads as connections; thread n sends the lines of FOLDER/n.jsonl.
-- One connection a thread, because wrk does not report which request a response answers. So each request has its own time and status.
-- Prints one line a response, "= started ended status" in ms, and one of counts, "! connect read write timeout repeated".
local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds; long nanoseconds; } bench_time; int clock_gettime(int clock, bench_time *time);")

local time = ffi.new("bench_time")
local threads = {}

local function now()
  ffi.C.clock_gettime(1, time) -- CLOCK_MONOTONIC
  return tonumber(time.seconds) * 1e3 + tonumber(time.nanoseconds) / 1e6
end

function setup(thread)
  thread:set("index", #threads)
  threads[#threads + 1] = thread
end

-- Globals are what done() can read of another thread: numbers and strings only.
function init(arguments)
  bodies = {}
  for line in io.lines(string.format("%s/%d.jsonl", arguments[1], index)) do
    bodies[#bodies + 1] = line
  end
  samples, sent, started = "", 0, 0
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  local text = wrk.format(nil, nil, nil, bodies[sent % #bodies + 1])
  sent = sent + 1
  repeated = sent > #bodies and 1 or 0
  started = now()
  return text
end

function response(status)
  samples = samples .. string.format("= %.3f %.3f %d\n", started, now(), status)
end

function done(summary)
  local repeating = 0
  for _, thread in ipairs(threads) do
    io.write(thread:get("samples"))
    repeating = repeating + (thread:get("repeated") or 0)
  end
  local errors = summary.errors
  io.write(string.format("! %d %d %d %d %d\n", errors.connect, errors.read, errors.write, errors.timeout, repeating))
end
