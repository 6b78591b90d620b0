// Echo server on Go's net package: a goroutine a connection.
//
// A goroutine reads again only when everything before has been written. It reads and writes by
// itself, because io.Copy between two TCP connections would have the kernel splice the bytes through
// a pipe, and the server would never see them. TCP_NODELAY is on and the backlog is the kernel's
// greatest by Go's own defaults, and a write to a closed connection is an error there, not a SIGPIPE.
// SIGTERM keeps its default, which is to end.
package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"time"
)

const (
	readBuffer = 8192                   // a connection has one: between bufio's 4 KiB and io.Copy's 32 KiB
	retry      = 100 * time.Millisecond // pause after a failed accept: out of descriptors, say
)

func echo(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, readBuffer)
	for {
		length, err := connection.Read(buffer)
		if err != nil { // the client has ended its side; or a reset, say
			return
		}
		if _, err := connection.Write(buffer[:length]); err != nil {
			return
		}
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: echo PORT")
		os.Exit(64)
	}
	listener, err := net.Listen("tcp4", net.JoinHostPort("127.0.0.1", os.Args[1]))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	for {
		connection, err := listener.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil:
			time.Sleep(retry)
		default:
			go echo(connection)
		}
	}
}
