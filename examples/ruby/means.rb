# A backend in Ruby, from the contract alone. It buys when the mean of the last 5 prices rises above that of the last 20,
# and sells when it falls below; it promises no profit. It needs Debian's ruby, ruby-ffi-rzmq and ruby-msgpack:
#   ruby means.rb tcp://127.0.0.1:4251 &
#   bridge-node --rpc tcp://127.0.0.1:4251 --name RubyMeans
require 'ffi-rzmq'
require 'json'
require 'msgpack'

def traceback(error) = error.full_message(highlight: false).force_encoding('UTF-8').scrub

# The algorithm. Its decisions are kept, so that a quote that comes again gets the same one.
class Means
  def initialize
    @prices = Hash.new([])
    @held = Hash.new(false)
    @decided = {}
  end

  def event(quote)
    sid, price = quote.values_at('sid', 'quote')
    prices = @prices[sid] = [*@prices[sid], price].last(20)
    up = prices.last(5).sum / 5.0 > prices.sum / 20.0
    return if prices.size < 20 || up == @held[sid]
    { side: (@held[sid] = up) ? 'buy' : 'sell', sid: sid, quantity: 10.0 }
  end

  def events(quotes)
    quotes.map do |quote|
      @decided.shift if @decided.size > 10_000
      key = quote.values_at('channel', 'id')
      @decided[key] ||= { orders: [event(quote)].compact.map { |made| order(made, quote) }, fills: [] }
    rescue StandardError => e
      { error: "#{e.class}: #{e.message}", traceback: traceback(e) }
    end
  end

  def order(made, quote)
    id, price = quote.values_at('id', 'quote')
    JSON.generate({ id: "RubyMeans:#{quote['channel']}:#{id}:0", algo: 'RubyMeans', sid: made[:sid], side: made[:side],
                    kind: 'market', quantity: made[:quantity], price: price.to_f, amount: made[:quantity] * price,
                    ts: quote['ts'], quote_id: id })
  end
end

# ZeroRPC, protocol version 3: one thread answers calls in the order of their arrival; heartbeats go on meanwhile.
class Server
  Call = Struct.new(:peer, :id, :silent) # silent: periods without a beat

  def initialize(address, methods, period: 5)
    @methods, @period = methods.merge('_zerorpc_list' => -> { methods.keys }), period
    context = ZMQ::Context.new
    @router, @wake, @woken = [ZMQ::ROUTER, ZMQ::PUSH, ZMQ::PULL].map { |kind| context.socket(kind) }
    @router.setsockopt(ZMQ::MAXMSGSIZE, 64 * 1024 * 1024)
    abort "cannot listen at #{address}: #{ZMQ::Util.error_string}" if @router.bind(address).negative?
    @woken.bind('inproc://answers')
    @wake.connect('inproc://answers')
    @calls, @waiting, @answers = {}, Queue.new, Queue.new # the calls under way, by caller and id
  end

  def run
    Thread.new { loop { work(*@waiting.pop) } }
    poller = ZMQ::Poller.new
    [@router, @woken].each { |socket| poller.register_readable(socket) }
    due = 0
    loop do
      now = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      beat && (due = now + @period) if now >= due
      poller.poll(((due - now) * 1000).ceil)
      poller.readables.each { |socket| socket.equal?(@router) ? read : answer }
    end
  end

  def read
    @router.recv_strings(frames = [])
    header, name, args = MessagePack.unpack(frames.last)
    first, id = header.values_at('response_to', 'message_id')
    key = [frames.first, first || id]
    if header['v'] != 3 || id.nil? || !args.is_a?(Array) then warn 'dropped what is no event'
    elsif first
      @calls[key]&.silent = 0 if name == '_zpc_hb'
    elsif !@calls.key?(key)
      @calls[key] = Call.new(*key, -1)
      @waiting << [key, name, args]
    end
  rescue StandardError => e
    warn "dropped what is no event: #{e.message}"
  end

  def work(key, name, args)
    method = @methods.fetch(name) { raise NameError, name }
    @answers << [key, 'OK', [method.call(*args)]]
  rescue StandardError => e
    @answers << [key, 'ERR', [e.class.name, e.message, traceback(e)]]
  ensure
    @wake.send_string('')
  end

  def answer
    @woken.recv_string(String.new)
    key, *answer = @answers.pop
    send(@calls.delete(key), *answer) if @calls.key?(key)
  end

  def beat
    @calls.delete_if { |_, call| (call.silent += 1) >= 2 }
    @calls.each_value { |call| send(call, '_zpc_hb', [0]) }
  end

  def send(call, name, args)
    header = { message_id: rand(2**64).to_s(16), v: 3, response_to: call.id } # as str or bin, as it came
    @router.send_strings([call.peer, '', [header, name, args].to_msgpack])
  end
end

if $PROGRAM_NAME == __FILE__
  means = Means.new
  methods = { 'initialize' => ->(_) { ['quotes'] }, 'event' => means.method(:event), 'events' => means.method(:events) }
  Server.new(ARGV[0] || 'tcp://127.0.0.1:4251', methods).tap { warn 'serving ...' }.run
end
