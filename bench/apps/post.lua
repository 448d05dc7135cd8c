-- For wrk: posts a form of so many bytes, the script's only argument.
function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/x-www-form-urlencoded"
  wrk.body = "text=" .. string.rep("x", tonumber(args[1]) - 5)
end
