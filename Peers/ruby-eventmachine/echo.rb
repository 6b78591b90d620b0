# Echo server on EventMachine: `ruby echo.rb PORT`.
require 'eventmachine'
require 'socket'

# EventMachine sets TCP_NODELAY on each connection by itself.
class Echo < EventMachine::Connection
  def receive_data(data)
    send_data(data)
  end
end

# EventMachine.start_server would listen with a backlog of 100.
listener = Socket.new(:INET, :STREAM)
listener.setsockopt(:SOCKET, :REUSEADDR, true)
listener.bind(Addrinfo.tcp('127.0.0.1', Integer(ARGV.fetch(0))))
listener.listen(4096)

Signal.trap('PIPE', 'IGNORE')
EventMachine.epoll
EventMachine.run do
  Signal.trap('TERM') { EventMachine.stop }
  EventMachine.attach_server(listener, Echo)
end
