# Echo server on :gen_tcp: `elixir echo.exs PORT`.
defmodule Echo do
  @options [
    :binary,
    active: false,
    ip: {127, 0, 0, 1},
    backlog: 4096,
    reuseaddr: true,
    nodelay: true,
    # Without this the socket would close when the client ends its side, before the rest is echoed.
    exit_on_close: false
  ]

  def listen(port) do
    {:ok, listener} = :gen_tcp.listen(port, @options)
    accept(listener)
  end

  defp accept(listener) do
    case :gen_tcp.accept(listener) do
      {:ok, socket} -> start(socket)
      # The client has gone already, or descriptors have run out.
      {:error, _} -> Process.sleep(1)
    end

    accept(listener)
  end

  defp start(socket) do
    # It waits until the socket is its own: only then does the socket close when the process ends.
    pid = spawn(fn -> receive do: (:serve -> serve(socket)) end)
    _ = :gen_tcp.controlling_process(socket, pid)
    send(pid, :serve)
  end

  # The runtime ignores SIGPIPE; sending waits while the client doesn't take what was sent.
  defp serve(socket) do
    with {:ok, bytes} <- :gen_tcp.recv(socket, 0),
         :ok <- :gen_tcp.send(socket, bytes) do
      serve(socket)
    else
      # The client has ended its side, or the connection failed. What is queued is sent before it closes.
      {:error, _} -> :gen_tcp.close(socket)
    end
  end
end

[port] = System.argv()
Echo.listen(String.to_integer(port))
