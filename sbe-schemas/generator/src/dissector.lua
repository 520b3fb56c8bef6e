-- Wireshark dissector of portcullis: binary order entry over TCP and the feed over UDP.
--
--   wireshark -X lua_script:portcullis.lua          (or put it into the folder of personal Lua plugins)
--   tshark -X lua_script:portcullis.lua -r day.pcap -Y 'portcullis.malformed'
--
-- TCP port 9002 is order entry, UDP ports 9101 to 9103 are the feed; preferences change them.

local proto = Proto("portcullis", "portcullis")
local ENCODING = 0xEB50
local PACKET_HEAD = 32

local fields = {
  template = ProtoField.string("portcullis.template", "Message"),
  value = ProtoField.string("portcullis.value", "Field"),
  seq = ProtoField.uint64("portcullis.sequence", "Sequence"),
  epoch = ProtoField.uint32("portcullis.epoch", "Epoch"),
  channel = ProtoField.uint16("portcullis.channel", "Channel"),
  count = ProtoField.uint16("portcullis.count", "Messages"),
}
proto.fields = { fields.template, fields.value, fields.seq, fields.epoch, fields.channel, fields.count }
local malformed = ProtoExpert.new("portcullis.malformed", "Not as the schema has it", expert.group.MALFORMED, expert.severity.ERROR)
proto.experts = { malformed }

proto.prefs.tcp = Pref.uint("TCP port of order entry", 9002, "")
proto.prefs.udp = Pref.range("UDP ports of the feed", "9101-9103", "", 65535)
proto.prefs.wide = Pref.bool("Frames with a length of four bytes", false, "sbe.wide_frames of the venue")

local function text_of(buffer, kind, names)
  if kind == "text" then return buffer:stringz() end
  if kind == "bytes" then return tostring(buffer:bytes()) end
  if kind == "signed" then return tostring(buffer:len() == 8 and buffer:le_int64() or buffer:le_int()) end
  if kind == "decimal" then
    local mantissa = buffer:le_int64()
    if tostring(mantissa) == "-9223372036854775808" then return "-" end
    local sign = ""
    if mantissa < Int64(0) then sign, mantissa = "-", -mantissa end
    local digits = tostring(mantissa)
    while #digits < 9 do digits = "0" .. digits end
    local part = digits:sub(-8):gsub("0+$", "")
    return sign .. digits:sub(1, -9) .. (part ~= "" and "." .. part or "")
  end
  if kind == "enum" then
    local code = buffer:le_uint()
    return names[code] or ("unknown " .. code), names[code] == nil
  end
  if kind == "set" then
    local bits, found = buffer:le_uint(), {}
    for bit = 0, buffer:len() * 8 - 1 do
      if math.floor(bits / 2 ^ bit) % 2 == 1 then table.insert(found, names[bit] or ("bit " .. bit)) end
    end
    return table.concat(found, "|")
  end
  return tostring(buffer:len() == 8 and buffer:le_uint64() or buffer:le_uint())
end

-- The fields of one block.
local function block(buffer, branch, fields_of)
  for _, field in ipairs(fields_of) do
    local name, at, size, kind, names = field[1], field[2], field[3], field[4], field[5]
    local place = buffer(at, size)
    local text, wrong = text_of(place, kind, names)
    local leaf = branch:add(fields.value, place, name .. "=" .. text)
    leaf:set_text(name .. ": " .. text)
    if wrong then leaf:add_proto_expert_info(malformed, name .. " is " .. text) end
  end
end

-- The groups behind a block. Returns where they end; nil: they are cut short.
local function groups(buffer, at, branch, groups_of)
  for _, group in ipairs(groups_of) do
    local wide, many = group.widths[1], group.widths[2]
    if buffer:len() < at + wide + many then return nil end
    local length, count = buffer(at, wide):le_uint(), buffer(at + wide, many):le_uint()
    at = at + wide + many
    if length < group.length or buffer:len() < at + length * count then return nil end
    for number = 1, count do
      local entry = branch:add(fields.value, buffer(at, length), group.name .. "=" .. number)
      block(buffer(at, length), entry, group.fields)
      at = at + length
    end
  end
  return at
end

-- One SBE message, header first. Returns its name.
local function message(buffer, tree)
  if buffer:len() < 8 then
    tree:add_proto_expert_info(malformed, "no room for an SBE header")
    return "?"
  end
  local length, template = buffer(0, 2):le_uint(), buffer(2, 2):le_uint()
  local schema = schemas[buffer(4, 2):le_uint()]
  local known = schema and schema.messages[template]
  if not known then
    tree:add(fields.template, buffer, "template " .. template)
    tree:add_proto_expert_info(malformed, "a message of no schema known here")
    return "?"
  end
  local branch = tree:add(fields.template, buffer, known.name)
  if length ~= known.length or buffer:len() < 8 + length then
    branch:add_proto_expert_info(malformed, "block of " .. length .. " bytes, not " .. known.length)
    if length < known.length or buffer:len() < 8 + length then return known.name end
  end
  if length > 0 then block(buffer(8, length), branch, known.fields) end
  if groups(buffer, 8 + length, branch, known.groups) ~= buffer:len() then
    branch:add_proto_expert_info(malformed, "groups that do not end with the message")
  end
  return known.name
end

-- Names of the messages of one packet, in its column.
local function tell(pinfo, names)
  pinfo.cols.protocol = "portcullis"
  pinfo.cols.info = table.concat(names, ", ")
end

local function order_entry(buffer, pinfo, tree)
  local width = proto.prefs.wide and 4 or 2
  local at, names = 0, {}
  while at < buffer:len() do
    local left = buffer:len() - at
    local need = left >= width + 2 and buffer(at, width):le_uint() or 0
    if need == 0 or need > left then
      pinfo.desegment_offset = at
      pinfo.desegment_len = need == 0 and DESEGMENT_ONE_MORE_SEGMENT or need - left
      break
    end
    if buffer(at + width, 2):le_uint() ~= ENCODING or need < width + 10 then
      tree:add_proto_expert_info(malformed, "no frame")
      break
    end
    local branch = tree:add(proto, buffer(at, need))
    table.insert(names, message(buffer(at + width + 2, need - width - 2), branch))
    at = at + need
  end
  tell(pinfo, names)
  return buffer:len()
end

local function feed(buffer, pinfo, tree)
  if buffer:len() < PACKET_HEAD then return 0 end
  local head = buffer(6, 2):le_uint()
  local branch = tree:add(proto, buffer())
  branch:add_le(fields.channel, buffer(2, 2))
  branch:add_le(fields.count, buffer(4, 2))
  branch:add_le(fields.epoch, buffer(8, 4))
  branch:add_le(fields.seq, buffer(16, 8))
  local at, names = head, {}
  while at + 4 <= buffer:len() do
    local need = buffer(at, 2):le_uint()
    if buffer(at + 2, 2):le_uint() ~= ENCODING or need < 12 or at + need > buffer:len() then
      branch:add_proto_expert_info(malformed, "no message at byte " .. at)
      break
    end
    table.insert(names, message(buffer(at + 4, need - 4), branch))
    at = at + need
  end
  if #names ~= buffer(4, 2):le_uint() then
    branch:add_proto_expert_info(malformed, "another number of messages than the packet says")
  end
  tell(pinfo, #names > 0 and names or { "heartbeat" })
  return buffer:len()
end

function proto.dissector(buffer, pinfo, tree)
  if pinfo.port_type == 2 then return order_entry(buffer, pinfo, tree) end
  return feed(buffer, pinfo, tree)
end

DissectorTable.get("tcp.port"):add(9002, proto)
DissectorTable.get("udp.port"):add("9101-9103", proto)

function proto.prefs_changed()
  DissectorTable.get("tcp.port"):add(proto.prefs.tcp, proto)
  DissectorTable.get("udp.port"):add(proto.prefs.udp, proto)
end
