-- For wrk: send the requests of a file in turn, one a line: address, headers, by tabs. Say how many, in which time.

local requests, at = {}, 0

function init(arguments)
  for line in io.lines(arguments[1]) do
    local address, headers = nil, {}
    for field in line:gmatch("[^\t]+") do
      local name, value = field:match("^([%w-]+): (.+)$")
      if name then headers[name] = value else address = field end
    end
    requests[#requests + 1] = wrk.format("GET", address, headers)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local lost = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration, summary.errors.status, lost,
    latency:percentile(99)))
end
