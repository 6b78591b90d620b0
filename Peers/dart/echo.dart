// Echo server on dart:io: `dart echo.dart PORT`.
import 'dart:io';

Future<void> main(List<String> arguments) async {
  final server = await ServerSocket.bind('127.0.0.1', int.parse(arguments.single), backlog: 4096);
  await server.forEach(echo);
}

Future<void> echo(Socket socket) async {
  try {
    socket.setOption(SocketOption.tcpNoDelay, true);
    await socket.addStream(socket); // reads no more while the client doesn't take what was read
    await socket.close(); // the client has ended its side: so do we
  } on SocketException {
    socket.destroy();
  }
}
