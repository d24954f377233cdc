-- Counts the uses of a quota within a sliding window, like core/limit/sliding_window.rs. KEYS[1] contains the points in time
-- and their counts, packed: {at, count, at, count, ...}. ARGV: operation, then its arguments. Times are in milliseconds. An
-- empty time means the server's clock.
local POINTS = 64

local points = {}
local stored = redis.call('GET', KEYS[1])
if stored then
  local ok, read = pcall(cmsgpack.unpack, stored)
  if ok and type(read) == 'table' then points = read end
end

if ARGV[1] == 'refund' then
  local at = tonumber(ARGV[2])
  for i = 1, #points, 2 do
    if points[i] >= at then
      points[i + 1] = points[i + 1] - 1
      if points[i + 1] <= 0 then
        table.remove(points, i)
        table.remove(points, i)
      end
      if #points == 0 then
        redis.call('DEL', KEYS[1])
      else
        redis.call('SET', KEYS[1], cmsgpack.pack(points), 'KEEPTTL')
      end
      return 1
    end
  end
  return 0
end

local now, times, per = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local kept, count = {}, 0
for i = 1, #points, 2 do
  if now - points[i] < per and points[i] - now < per then
    kept[#kept + 1] = points[i]
    kept[#kept + 1] = points[i + 1]
    count = count + points[i + 1]
  end
end

if count >= times then
  local left = count
  for i = 1, #kept, 2 do
    left = left - kept[i + 1]
    if left < times then return {-1, math.max(kept[i] + per - now, 0), 0} end
  end
  return {-1, per, 0}
end

-- Times never decrease, even if the clock was set back.
if #kept > 0 and kept[#kept - 1] >= now then
  kept[#kept] = kept[#kept] + 1
else
  kept[#kept + 1] = now
  kept[#kept + 1] = 1
end
local at = kept[#kept - 1]

-- If there are more points, the two closest are merged into the later one.
if #kept > POINTS * 2 then
  local closest, least = 1, nil
  for i = 1, #kept - 2, 2 do
    local gap = kept[i + 2] - kept[i]
    if not least or gap < least then closest, least = i, gap end
  end
  kept[closest + 3] = kept[closest + 3] + kept[closest + 1]
  table.remove(kept, closest)
  table.remove(kept, closest)
end

redis.call('SET', KEYS[1], cmsgpack.pack(kept), 'PX', math.max(at + per - now, 1))
return {times - count - 1, math.max(kept[1] + per - now, 0), at}
