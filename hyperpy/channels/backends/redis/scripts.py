"""The Lua scripts, each atomic. A script only uses the keys of one channel or one queue.

A channel is a stream `log`, whose entry ids are the message numbers, and a hash `meta`. A new epoch starts when the
server has been restarted or replaced since the last message, since it may have lost its newest messages. Numbers keep
rising, and `meta` records the last number that the server had of each earlier epoch.
"""

from hashlib import sha1
from typing import Final


class Script:
    def __init__(self, text: str) -> None:
        self.text = text
        self.digest = sha1(text.encode(), usedforsecurity=False).hexdigest()


_FORGET: Final = """
local function now()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function forget(log, age)
    local oldest = now() - age
    while true do
        local entry = redis.call('XRANGE', log, '-', '+', 'COUNT', 1)[1]
        if not entry or tonumber(entry[2][2]) >= oldest then
            return entry
        end
        redis.call('XDEL', log, entry[1])
    end
end
"""

# When out of memory, Redis only refuses the first write of a script that needs memory, so that has to come first.
# Returns 0 if the channel is closed. `again` is 1 if an earlier attempt may have succeeded.
PUBLISH: Final = Script(
    _FORGET
    + """
local log, meta = KEYS[1], KEYS[2]
local topic, name, data, closes, token, again, run, fresh, messages, age, idle = unpack(ARGV)
if again == '1' then
    for _, entry in ipairs(redis.call('XREVRANGE', log, '+', '-', 'COUNT', 100)) do
        if entry[2][6] == token then
            return 1
        end
    end
end
local known = redis.call('HMGET', meta, 'epoch', 'last', 'run', 'closed', 'forget_at')
local epoch = known[1]
if known[4] then
    return 0
elseif not epoch then
    epoch = fresh
    redis.call('HSET', meta, 'name', name, 'epoch', epoch, 'run', run)
    redis.call('DEL', log)
elseif known[3] ~= run then
    redis.call('HSET', meta, 'epoch', fresh, 'run', run, 'past ' .. epoch, known[2])
    epoch = fresh
end
local number = redis.call('HINCRBY', meta, 'last', 1)
redis.call('XADD', log, 'MAXLEN', '=', messages, number .. '-0',
    'time', now(), 'epoch', epoch, 'token', token, 'closes', closes, 'data', data)
if now() >= tonumber(known[5] or 0) then
    redis.call('HSET', meta, 'forget_at', forget(log, age)[2][2] + age)
end
redis.call('PEXPIRE', log, age)
if closes == '1' then
    redis.call('HSET', meta, 'closed', 1)
    idle = age
end
redis.call('PEXPIRE', meta, idle)
redis.call('PUBLISH', topic, epoch .. ' ' .. number .. ' ' .. closes .. ' ' .. data)
return 1
"""
)

# Returns `meta`, the number of the oldest message kept, and the messages after a number.
READ: Final = Script(
    _FORGET
    + """
local log, meta = KEYS[1], KEYS[2]
local after, limit, age = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local oldest = forget(log, age)
local entries = {}
if limit > 0 then
    entries = redis.call('XRANGE', log, '(' .. after .. '-0', '+', 'COUNT', limit)
end
return {redis.call('HGETALL', meta), oldest and oldest[1] or false, entries}
"""
)

# A queue is a stream with one consumer group. Released items belong to the consumer `back`, and are taken first. The
# stream is deleted with its last item.
_QUEUE: Final = """
local queue, group, back = KEYS[1], 'consumers', 'back'

local function move(ids, consumer)
    if #ids > 0 then
        table.insert(ids, 'JUSTID')
        redis.call('XCLAIM', queue, group, consumer, 0, unpack(ids))
    end
end

local function ids_of(pending)
    local ids = {}
    for index, each in ipairs(pending) do
        ids[index] = each[1]
    end
    return ids
end

local function exists()
    return redis.call('EXISTS', queue) == 1
end

local function times_taken(id)
    local pending = redis.call('XPENDING', queue, group, id, id, 1)[1]
    return pending and pending[4]
end

-- Whether the item has not been taken again since the delivery with that number.
local function is_held(id, time)
    return times_taken(id) == tonumber(time)
end
"""

# Returns 0 if the queue is closed.
PUT: Final = Script(
    """
local name, data, topic = unpack(ARGV)
if redis.call('HEXISTS', KEYS[2], 'closed') == 1 then
    return 0
end
if redis.call('EXISTS', KEYS[1]) == 0 then
    redis.call('XGROUP', 'CREATE', KEYS[1], 'consumers', '0', 'MKSTREAM')
end
redis.call('XADD', KEYS[1], '*', 'name', name, 'data', data)
redis.call('PUBLISH', topic, '')
return 1
"""
)

# Returns {id, data, how often it has been taken} or nothing. With `look`, items whose lease has run out are released
# first.
TAKE: Final = Script(
    _QUEUE
    + """
local consumer, lease, look = unpack(ARGV)
if not exists() then
    return nil
end
if look == '1' then
    move(ids_of(redis.call('XPENDING', queue, group, 'IDLE', lease, '-', '+', 100)), back)
    for _, each in ipairs(redis.call('XINFO', 'CONSUMERS', queue, group)) do
        if each[4] == 0 and each[6] > tonumber(lease) then
            redis.call('XGROUP', 'DELCONSUMER', queue, group, each[2])
        end
    end
end
local entry
for _, id in ipairs(ids_of(redis.call('XPENDING', queue, group, '-', '+', 1, back))) do
    entry = redis.call('XCLAIM', queue, group, consumer, 0, id)[1]
end
if not entry then
    local read = redis.call('XREADGROUP', 'GROUP', group, consumer, 'COUNT', 1, 'STREAMS', queue, '>')
    entry = read and read[1][2][1]
end
return entry and {entry[1], entry[2][4], times_taken(entry[1])}
"""
)

# This and the next two do nothing to an item that has been taken again.
ACKNOWLEDGE: Final = Script(
    _QUEUE
    + """
local id, time = unpack(ARGV)
if exists() and is_held(id, time) then
    redis.call('XACK', queue, group, id)
    redis.call('XDEL', queue, id)
    if redis.call('XLEN', queue) == 0 then
        redis.call('DEL', queue)
    end
end
"""
)

RELEASE: Final = Script(
    _QUEUE
    + """
local id, time, topic = unpack(ARGV)
if exists() and is_held(id, time) then
    move({id}, back)
    redis.call('PUBLISH', topic, '')
end
"""
)

RENEW: Final = Script(
    _QUEUE
    + """
local consumer = ARGV[1]
if exists() then
    for index = 2, #ARGV, 2 do
        if is_held(ARGV[index], ARGV[index + 1]) then
            move({ARGV[index]}, consumer)
        end
    end
end
"""
)

# Deleting a consumer would lose the items that it holds, so they are released first.
LEAVE: Final = Script(
    _QUEUE
    + """
local consumer, topic = unpack(ARGV)
if exists() then
    local held = ids_of(redis.call('XPENDING', queue, group, '-', '+', 1000, consumer))
    local all = #held < 1000
    move(held, back)
    if all then
        redis.call('XGROUP', 'DELCONSUMER', queue, group, consumer)
    end
    redis.call('PUBLISH', topic, '')
end
"""
)
